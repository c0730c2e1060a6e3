import MeshAdmission
import MeshCore
import Synchronization

/// Where calls to a service come in: shut until discovery has said something, good or bad, and again when the mesh
/// shuts down.
final class Entrance: Sendable {
    private enum Phase { case waiting, open, closed }

    private struct State {
        var phase = Phase.waiting
        var waiters: [UInt64: CheckedContinuation<Void, Never>] = [:]
        var nextWaiter: UInt64 = 0
    }

    private let isOpenFlag = Atomic<Bool>(false)
    private let state = Mutex(State())

    /// Whether calls go through. One atomic load.
    var isOpen: Bool { isOpenFlag.load(ordering: .sequentiallyConsistent) }

    /// Whether the mesh has shut down.
    var isClosed: Bool { state.withLock { $0.phase == .closed } }

    /// Discovery has said something: lets everyone in.
    func open() {
        guard !isOpen else { return }
        enter(.open)
    }

    /// The mesh shuts down: lets nobody in any more.
    func close() {
        enter(.closed)
    }

    private func enter(_ phase: Phase) {
        let waiters = state.withLock { state -> [UInt64: CheckedContinuation<Void, Never>] in
            guard state.phase != .closed else { return [:] }
            state.phase = phase
            isOpenFlag.store(phase == .open, ordering: .sequentiallyConsistent)
            defer { state.waiters = [:] }
            return state.waiters
        }
        // In the order of their coming, which a reproducible run depends on.
        for (_, waiter) in waiters.sorted(by: { $0.key < $1.key }) { waiter.resume() }
    }

    /// Returns when the entrance has opened or closed, at the deadline, or when the task is cancelled.
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
                    guard state.phase == .waiting, !Task.isCancelled else { return true }
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
