public import MeshCore
import Synchronization

/// The load of a server as Prequal's clients want to know it: the requests in flight, counted exactly, and how long requests
/// took lately that came at such a load.
///
/// ```swift
/// let tracker = RequestLoadTracker()
///
/// let request = tracker.start()
/// let response = try await respond()   // if it throws, the time that it took does not count
/// request.end()
/// ```
///
/// One for the whole server, shared by all its handlers. A request costs two reads of the clock, two atomic additions and
/// one short lock; an answer costs one lock. Neither allocates. 14 KB.
public final class RequestLoadTracker: Sendable {
    private let inFlight = Atomic<Int>(0)
    private let padding = CachePadding()
    private let latencies: Mutex<RecentLatencies>
    fileprivate let clock: MeshClock

    /// Creates a tracker.
    ///
    /// - Parameters:
    ///   - window: How long a latency counts. At most rates the answer is of the last milliseconds, because only the last
    ///     16 of each load are kept; the window matters when requests are few. 10 s by default: then a server that nobody
    ///     has asked answers without a latency, and is tried.
    ///   - clock: The clock that times requests.
    public init(window: Duration = .seconds(10), clock: MeshClock = .continuous) {
        latencies = Mutex(RecentLatencies(window: window))
        self.clock = clock
    }

    /// A request has come. Do not count the probes themselves.
    public func start() -> TrackedRequest {
        let load = inFlight.wrappingAdd(1, ordering: .relaxed).oldValue
        return TrackedRequest(tracker: self, load: load, startedAt: clock.now)
    }

    /// The requests in flight now.
    public var requestsInFlight: Int { inFlight.load(ordering: .relaxed) }

    /// The answer to a probe.
    public func answer() -> ProbeResponse {
        let load = requestsInFlight
        let now = clock.now
        let latency = latencies.withLock { $0.median(at: load, now: now) }
        return ProbeResponse(requestsInFlight: load, latency: latency)
    }

    fileprivate func record(_ load: Int, startedAt: MeshInstant) {
        let now = clock.now
        let latency = startedAt.duration(to: now)
        latencies.withLock { $0.record(latency, at: load, now: now) }
    }

    fileprivate func leave() {
        inFlight.wrappingSubtract(1, ordering: .relaxed)
    }
}

/// A request that counts as in flight for as long as this exists.
public struct TrackedRequest: ~Copyable, Sendable {
    private let tracker: RequestLoadTracker
    /// How many others were in flight when it came.
    private let load: Int
    private let startedAt: MeshInstant

    fileprivate init(tracker: RequestLoadTracker, load: Int, startedAt: MeshInstant) {
        self.tracker = tracker
        self.load = load
        self.startedAt = startedAt
    }

    /// The request was answered, and took the time that an answer takes.
    ///
    /// A request that failed or was turned away is dropped instead: a server that fails quickly must not look quick.
    public consuming func end() {
        tracker.record(load, startedAt: startedAt)
    }

    deinit {
        tracker.leave()
    }
}
