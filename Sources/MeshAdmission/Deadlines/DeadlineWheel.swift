public import MeshCore
import Synchronization

/// One timer for all the deadlines of a mesh: a hashed timing wheel.
///
/// Nearly every deadline is disarmed before it is reached, so arming and disarming must cost next to nothing and firing
/// may cost more: the scheme 6 of Varghese and Lauck, "Hashed and Hierarchical Timing Wheels", 1987. Threads are spread
/// over shards. A deadline fires at most one tick late, never early.
///
/// One task sleeps until the earliest deadline it has seen, even if that is disarmed meanwhile, and there is none once it
/// wakes and finds nothing armed. For deadlines that are always disarmed in time that is a wake-up per timeout, not per
/// call.
public final class DeadlineWheel: Sendable {
    /// An armed deadline.
    public struct Token: Sendable {
        let shard: Int32
        let index: Int32
        let generation: UInt32
    }

    /// The resolution: a deadline fires at most this late.
    public static let tick: Duration = .nanoseconds(Int64(DeadlineSlots.tick))

    private let shards: [Shard]
    private let clock: MeshClock
    private let driver = Mutex(Driver())
    /// When the driver wakes next, in nanoseconds; `.max` while it sleeps for ever or is at work.
    private let wakeUp = Atomic<UInt64>(.max)

    private struct Driver {
        var task: Task<Void, Never>?
        var generation: UInt64 = 0
        var isShutDown = false
    }

    /// Creates a wheel on which nothing is armed.
    ///
    /// - Parameters:
    ///   - clock: The clock that deadlines are instants of.
    ///   - shards: How many shards threads are spread over, a power of two; as many as the cores need unless said
    ///     otherwise.
    public init(clock: MeshClock = .continuous, shards: Int = Stripe.recommendedCount) {
        precondition(shards > 0 && shards & (shards - 1) == 0, "the number of shards must be a power of two")
        self.clock = clock
        self.shards = (0..<shards).map { _ in Shard() }
    }

    deinit {
        driver.withLock { $0.task?.cancel() }
    }

    /// How many deadlines are armed.
    public var armedCount: Int {
        shards.reduce(0) { $0 + $1.slots.withLock { $0.count } }
    }

    /// Arms a deadline: at `instant`, `signal` is given with `reason`, unless it is disarmed before.
    ///
    /// With disarming 70 to 100 ns. Allocates only when a shard grows.
    public func arm(_ signal: CancellationSignal, reason: CancellationSignal.Reason, at instant: MeshInstant) -> Token {
        let shard = Stripe.current(of: shards.count)
        let inserted = withSlots(of: shard) {
            $0.insert(signal, reason: reason, deadline: instant.nanoseconds)
        }
        if inserted.due < wakeUp.load(ordering: .acquiring) { wake(at: inserted.due) }
        return Token(shard: Int32(shard), index: inserted.index, generation: inserted.generation)
    }

    /// Disarms a deadline.
    ///
    /// - Returns: Whether it was still armed. If not it has been disarmed before, or has fired: its signal has been given, or
    ///   is about to be.
    @discardableResult
    public func disarm(_ token: Token) -> Bool {
        // The signal is let go outside the lock: it may own what its handler owns.
        let signal = withSlots(of: Int(token.shard)) { $0.remove(token.index, generation: token.generation) }
        return withExtendedLifetime(signal) { signal != nil }
    }

    /// Without counting a reference to the shard, which would be two more atomic operations on a word that others write.
    private func withSlots<Result>(of shard: Int, _ body: (inout sending DeadlineSlots) -> sending Result) -> Result {
        Unmanaged.passUnretained(shards[shard])._withUnsafeGuaranteedRef { $0.slots.withLock(body) }
    }

    /// Gives every armed signal with `CancellationSignal.Reason.shutDown` and stops the timer. What is armed later
    /// is given at once.
    public func shutdown() {
        driver.withLock { driver in
            driver.isShutDown = true
            driver.task?.cancel()
            driver.task = nil
            // Whoever arms a deadline from here on asks for a wake-up, and learns there that it is too late.
            wakeUp.store(.max, ordering: .sequentiallyConsistent)
        }
        giveAll(.shutDown)
    }

    private func giveAll(_ reason: CancellationSignal.Reason) {
        for shard in shards {
            for expired in shard.slots.withLock({ $0.removeAll() }) { expired.signal.cancel(reason) }
        }
    }

    // MARK: The driver

    /// Makes sure that the driver wakes at `instant` or before.
    private func wake(at instant: UInt64) {
        let isShutDown = driver.withLock { driver in
            guard !driver.isShutDown else { return true }
            // What waits for the shutdown alone needs nobody to wake for it.
            guard instant < DeadlineSlots.never else { return false }
            guard instant < wakeUp.load(ordering: .relaxed) else { return false }
            wakeUp.store(instant, ordering: .releasing)
            driver.generation += 1
            driver.task?.cancel()
            // Detached: whoever happens to arm the first deadline must not lend it his priority and his task-locals.
            driver.task = Task.detached(executorPreference: clock.executor, priority: .high) {
                [weak self, clock, generation = driver.generation] in
                guard (try? await clock.sleep(until: MeshInstant(nanoseconds: instant))) != nil else { return }
                self?.fire(generation)
            }
            return false
        }
        if isShutDown { giveAll(.shutDown) }
    }

    private func fire(_ generation: UInt64) {
        let isCurrent = driver.withLock { driver in
            guard driver.generation == generation, !driver.isShutDown else { return false }
            // From here on whoever arms a deadline asks for a wake-up of its own, so none is missed by the scan.
            wakeUp.store(.max, ordering: .sequentiallyConsistent)
            driver.task = nil
            return true
        }
        guard isCurrent else { return }
        let now = clock.now.nanoseconds
        var next = UInt64.max
        for shard in shards {
            let (expired, earliest) = shard.slots.withLock { ($0.removeExpired(at: now), $0.earliestWakeUp) }
            for entry in expired { entry.signal.cancel(entry.reason) }
            next = min(next, earliest)
        }
        if next != .max { wake(at: next) }
    }

    private final class Shard: Sendable {
        let slots = Mutex(DeadlineSlots())
        // Keeps two shards off one cache line.
        private let padding = CachePadding()
    }
}
