import MeshAdmission
import MeshCore
import Synchronization

/// Holds back the first calls to a service until discovery has said something, good or bad.
final class FirstAnswer: Sendable {
    private struct State {
        var isOpen = false
        var waiters: [UInt64: CheckedContinuation<Void, Never>] = [:]
        var nextWaiter: UInt64 = 0
    }

    private let isOpenFlag = Atomic<Bool>(false)
    private let state = Mutex(State())

    /// Whether nobody is held back any more. One atomic load.
    var hasArrived: Bool { isOpenFlag.load(ordering: .acquiring) }

    /// Discovery has said something: lets everyone go.
    func arrive() {
        guard !hasArrived else { return }
        let waiters = state.withLock { state in
            state.isOpen = true
            defer { state.waiters = [:] }
            return state.waiters
        }
        isOpenFlag.store(true, ordering: .releasing)
        for waiter in waiters.values { waiter.resume() }
    }

    /// Returns when discovery has said something, at the deadline, or when the task is cancelled.
    func wait(until deadline: Deadline, wheel: DeadlineWheel) async {
        let id = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        let release: @Sendable () -> Void = { [self] in
            state.withLock { $0.waiters.removeValue(forKey: id) }?.resume()
        }
        let signal = CancellationSignal()
        let token = deadline.isFinite ? wheel.arm(signal, reason: .deadlineExceeded, at: deadline.instant) : nil
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let goesOn = state.withLock { state in
                    guard !state.isOpen, !Task.isCancelled else { return true }
                    state.waiters[id] = continuation
                    return false
                }
                if goesOn { continuation.resume() } else { signal.onCancel { _ in release() } }
            }
        } onCancel: {
            release()
        }
        if let token { wheel.disarm(token) }
        signal.finish()
    }
}
