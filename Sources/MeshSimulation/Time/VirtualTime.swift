public import MeshCore
import Synchronization

#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Android)
import Android
#endif

/// Time that passes only when there is nothing left to do at its present instant.
///
/// An executor of tasks on one thread: jobs run in the order in which they became ready, and when none is left the clock
/// jumps to the instant of the next sleeper. An hour takes as long as what happens in it, and the same program does the
/// same in the same order every time.
///
/// ```swift
/// let time = VirtualTime()
/// let waited = try time.run {
///     let start = time.now
///     try await time.clock.sleep(for: .seconds(3600))
///     return start.duration(to: time.now)
/// }
/// ```
///
/// What ``run(_:)`` runs, its child tasks, and what a `Mesh` with this ``clock`` does stay on the thread of the caller. A task
/// made with `Task { }` does not inherit the executor: give it one with `Task(executorPreference: time)`.
public final class VirtualTime: TaskExecutor, Sendable {
    /// Something to do at an instant, which can be called off.
    struct Timer: Sendable {
        fileprivate let token: EventQueue<Event>.Token
    }

    /// Why something is done.
    fileprivate enum Occasion {
        case due
        case calledOff
    }

    /// A closure and not an enum of closures and continuations, whose copies cost calls of the runtime.
    fileprivate typealias Event = @Sendable (Occasion) -> Void

    private struct State {
        var ready: ContiguousArray<UnownedJob> = []
        var events = EventQueue<Event>()
        /// The thread that runs a body, and how many jobs others have handed in since that began.
        var thread: UInt?
        var strayed = 0
    }

    private let nanoseconds: Atomic<UInt64>
    private let state = Mutex(State())

    /// Creates a time that stands at `start`: an hour after its epoch, unless said otherwise.
    public init(at start: MeshInstant = MeshInstant(nanoseconds: 3_600_000_000_000)) {
        nanoseconds = Atomic(start.nanoseconds)
    }

    /// The current instant.
    public var now: MeshInstant { MeshInstant(nanoseconds: nanoseconds.load(ordering: .relaxed)) }

    /// The clock to hand to a mesh, and to whatever else lives in this time.
    public var clock: MeshClock {
        MeshClock(
            MeshClock.Source(
                now: { self.now },
                sleep: { try await self.sleep(until: $0) },
                executor: self
            )
        )
    }

    /// Runs `body` to its end in this time, and blocks the calling thread meanwhile.
    ///
    /// Whatever still sleeps by the clock when `body` has ended is cancelled.
    ///
    /// - Returns: What `body` returns.
    /// - Throws: What `body` throws; ``VirtualTimeError`` if `body` waits for something that cannot happen in this time, or
    ///   if another thread had a hand in it.
    public func run<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) throws -> Value {
        let result = Mutex<Result<Value, any Error>?>(nil)
        state.withLock { state in
            precondition(state.thread == nil, "a virtual time runs one body at a time")
            state.thread = Self.currentThread
            state.strayed = 0
        }
        defer { state.withLock { $0.thread = nil } }
        _ = Task.detached(executorPreference: self) {
            let value: Result<Value, any Error>
            do { value = .success(try await body()) } catch { value = .failure(error) }
            result.withLock { $0 = value }
        }
        while true {
            runReadyJobs()
            if let result = result.withLock({ $0 }) {
                stop()
                guard strayed == 0 else { throw VirtualTimeError.leftThread(jobs: strayed) }
                return try result.get()
            }
            guard advance() else {
                stop()
                throw strayed == 0 ? VirtualTimeError.stuck(at: now) : .leftThread(jobs: strayed)
            }
        }
    }

    /// Takes a job. The runtime calls this.
    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let thread = Self.currentThread
        state.withLock { state in
            if let owner = state.thread, owner != thread { state.strayed += 1 }
            state.ready.append(job)
        }
    }

    // MARK: Events

    /// Does something at an instant, between two jobs.
    @discardableResult
    func schedule(at instant: MeshInstant, _ action: @escaping @Sendable () -> Void) -> Timer {
        let instant = max(instant, now)
        let event: Event = { if $0 == .due { action() } }
        return Timer(token: state.withLock { $0.events.insert(event, at: instant.nanoseconds) })
    }

    /// Does something at an instant, or another thing if that never comes because the time ends before.
    func schedule(
        at instant: MeshInstant,
        _ action: @escaping @Sendable () -> Void,
        calledOff: @escaping @Sendable () -> Void
    ) {
        let instant = max(instant, now)
        let event: Event = { $0 == .due ? action() : calledOff() }
        state.withLock { _ = $0.events.insert(event, at: instant.nanoseconds) }
    }

    /// Calls something off, if it has not been done yet.
    func cancel(_ timer: Timer) {
        let event = state.withLock { $0.events.remove(timer.token) }
        withExtendedLifetime(event) {}
    }

    private var strayed: Int { state.withLock { $0.strayed } }

    private func runReadyJobs() {
        let executor = asUnownedTaskExecutor()
        var batch: ContiguousArray<UnownedJob> = []
        while true {
            state.withLock { swap(&$0.ready, &batch) }
            guard !batch.isEmpty else { return }
            for job in batch { job.runSynchronously(on: executor) }
            batch.removeAll(keepingCapacity: true)
        }
    }

    private func advance() -> Bool {
        guard let (instant, event) = state.withLock({ $0.events.popFirst() }) else { return false }
        nanoseconds.store(max(instant, now.nanoseconds), ordering: .relaxed)
        event(.due)
        return true
    }

    /// Cancels what sleeps, so that no task is left for ever.
    private func stop() {
        for _ in 0..<1000 {
            runReadyJobs()
            let events = state.withLock { $0.events.removeAll() }
            guard !events.isEmpty else { return }
            for event in events { event(.calledOff) }
        }
    }

    private func sleep(until deadline: MeshInstant) async throws {
        let token = state.withLock { $0.events.reserve() }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let sleeps = state.withLock { state in
                    guard !Task.isCancelled, deadline > now else {
                        _ = state.events.remove(token)
                        return false
                    }
                    let event: Event = { occasion in
                        switch occasion {
                        case .due: continuation.resume()
                        case .calledOff: continuation.resume(throwing: CancellationError())
                        }
                    }
                    state.events.fill(token, with: event, at: deadline.nanoseconds)
                    return true
                }
                if sleeps { return }
                if Task.isCancelled {
                    continuation.resume(throwing: CancellationError())
                } else {
                    continuation.resume()
                }
            }
        } onCancel: {
            // Before the sleep has begun there is nobody to wake, and its beginning sees the cancellation.
            state.withLock { $0.events.takeEvent(of: token) }?(.calledOff)
        }
    }

    private static var currentThread: UInt {
        #if canImport(Darwin)
        UInt(bitPattern: pthread_self())
        #else
        UInt(pthread_self())
        #endif
    }
}

extension EventQueue {
    /// Takes something out if it is there; otherwise leaves the place to whoever has taken it.
    fileprivate mutating func takeEvent(of token: Token) -> Event? {
        holdsEvent(token) ? remove(token) : nil
    }
}
