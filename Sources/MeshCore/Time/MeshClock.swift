#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Android)
import Android
#endif

/// The clock of one mesh: the machine's, or one that a test moves by hand.
///
/// A mesh is given its clock once, at the root, and passes it down as a value. Reading ``continuous`` costs one
/// `clock_gettime` (about 25 ns); no existential stands in the way.
///
/// ``continuous`` also counts the time that the machine is asleep, as Swift's `ContinuousClock` does.
public struct MeshClock: Clock, Sendable {
    /// A source of time other than the machine's: a manual clock in a test, virtual time in a simulation.
    public struct Source: Sendable {
        let now: @Sendable () -> MeshInstant
        let sleep: @Sendable (MeshInstant) async throws -> Void
        let executor: (any TaskExecutor)?

        /// Creates a source of time.
        ///
        /// - Parameters:
        ///   - now: The current instant. Never goes back.
        ///   - sleep: Returns once the instant has been reached; throws `CancellationError` when its task is cancelled.
        ///   - executor: Where the tasks run that live by this time; the default of the process unless said otherwise.
        public init(
            now: @escaping @Sendable () -> MeshInstant,
            sleep: @escaping @Sendable (MeshInstant) async throws -> Void,
            executor: (any TaskExecutor)? = nil
        ) {
            self.now = now
            self.sleep = sleep
            self.executor = executor
        }
    }

    @usableFromInline let source: Source?

    /// The machine's monotonic clock.
    public static let continuous = MeshClock(source: nil)

    /// A clock that reads and sleeps by `source`.
    public init(_ source: Source) {
        self.init(source: source)
    }

    @usableFromInline
    init(source: Source?) {
        self.source = source
    }

    /// The current instant.
    @inlinable
    public var now: MeshInstant {
        guard source != nil else { return Self.machineNow() }
        return sourceNow()
    }

    /// Where the tasks run that live by this clock; `nil`, as for ``continuous``, for wherever tasks run.
    ///
    /// Whoever creates a task of its own and has a clock gives it this preference, because such a task does not inherit
    /// its creator's: in virtual time all that happens, happens on one thread.
    public var executor: (any TaskExecutor)? { source?.executor }

    /// One nanosecond.
    public var minimumResolution: Duration { .nanoseconds(1) }

    /// Suspends until `deadline`.
    ///
    /// - Throws: `CancellationError` if the task is cancelled before.
    public func sleep(until deadline: MeshInstant, tolerance: Duration? = nil) async throws {
        guard let source else {
            let remaining = now.duration(to: deadline)
            guard remaining > .zero else { return try Task.checkCancellation() }
            return try await Task.sleep(for: remaining, tolerance: tolerance, clock: .continuous)
        }
        try await source.sleep(deadline)
    }

    @usableFromInline
    func sourceNow() -> MeshInstant {
        source.map { $0.now() } ?? .zero
    }

    @usableFromInline
    static func machineNow() -> MeshInstant {
        #if canImport(Darwin)
        // Darwin's CLOCK_MONOTONIC goes on while the machine is asleep.
        return MeshInstant(nanoseconds: clock_gettime_nsec_np(CLOCK_MONOTONIC))
        #else
        var time = timespec()
        clock_gettime(CLOCK_BOOTTIME, &time)
        return MeshInstant(nanoseconds: UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec))
        #endif
    }
}
