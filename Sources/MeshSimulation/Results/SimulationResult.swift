import MeshCore

/// What became of a fleet.
public struct SimulationResult: Hashable, Sendable {
    /// Failed calls of one kind.
    public struct Failure: Hashable, Sendable {
        /// A status such as `503`, or the code of a `MeshError` such as `deadlineExceeded`.
        public let kind: String
        /// How many calls ended so.
        public let count: Int
    }

    /// What one server was asked to do.
    public struct ServerLoad: Hashable, Sendable {
        /// The group and the number of the server.
        public let name: String
        /// Requests that reached it.
        public let calls: Int
        /// How long discovery listed it while calls were measured, in seconds, times its weight.
        let weightedPresence: Double
    }

    /// Requests that reached a server, and how many it would have been if all had as many for their weight and the time that
    /// discovery listed them.
    struct Load: Hashable, Sendable {
        var calls: Int
        var fair: Double
    }

    /// One of 120 equal parts of the scenario, or several of them together: ``SimulationResult/part(from:to:)``.
    public struct Slice: Hashable, Sendable {
        /// Its beginning, counted from that of the scenario.
        public let start: Duration
        /// Calls that began in it.
        public let calls: Int
        /// Those of them that failed.
        public let failures: Int
        /// Attempts that were sent in it.
        public let attempts: Int
        let histogram: LatencyHistogram
        let inFlight: [Int: Int]
        /// The servers that discovery listed when the slice ended.
        let members: [Int]
        let loads: [Int: Load]

        /// The time that a share of the calls that began in it did not exceed, failed ones included; `nil` without calls.
        public func latency(_ share: Double) -> Duration? {
            histogram.quantile(share).map { .nanoseconds(Int64(clamping: $0)) }
        }

        /// Requests that were at a server when the slice ended.
        public func inFlight(at server: Int) -> Int { inFlight[server] ?? 0 }

        /// The largest number of requests that reached a server for its weight and the time that discovery listed it, as a multiple
        /// of the mean: 1 is perfectly even; `nil` if too few came to tell.
        public var imbalance: Double? { loads.values.filter { $0.fair >= 5 }.map { Double($0.calls) / $0.fair }.max() }
    }

    /// Which variant it was.
    public let variant: String
    /// Calls that began while it was measured.
    public let calls: Int
    /// Those of them that ended well.
    public let successes: Int
    /// Requests that were sent.
    public let attempts: Int
    /// Those of them that were no call's first.
    public let extraRequests: Int
    /// How often a client ejected a server.
    public let ejections: Int
    /// How often a client took a server back.
    public let readmissions: Int
    /// Requests that a server turned away because its queue was full.
    public let shedRequests: Int
    /// Probes that clients sent, beside calls.
    public let probes: Int
    /// Calls that had not ended a minute after the last had begun. They count as failed.
    public let unfinished: Int
    /// Failed calls by kind, sorted.
    public let failures: [Failure]
    /// The load of the busiest server for its weight and its time in discovery, as a multiple of the mean; 0 if too few came to
    /// tell.
    public let maximumLoad: Double
    /// The servers, in the order of their start.
    public let servers: [ServerLoad]
    /// How long a slice is.
    public let sliceDuration: Duration
    /// The scenario in slices.
    public let slices: [Slice]
    /// A digest of every event in its order: equal if and only if two runs were the same.
    public let digest: UInt64
    /// How many events there were.
    public let events: Int

    let latencies: LatencyHistogram

    /// The slices that begin between two instants, the first included, as one.
    public func part(from start: Duration, to end: Duration) -> Slice {
        let parts = slices.filter { $0.start >= start && $0.start < end }
        var histogram = LatencyHistogram()
        var loads: [Int: Load] = [:]
        for part in parts {
            histogram.add(part.histogram)
            for (number, load) in part.loads {
                loads[number, default: Load(calls: 0, fair: 0)].calls += load.calls
                loads[number]?.fair += load.fair
            }
        }
        return Slice(
            start: parts.first?.start ?? start,
            calls: parts.reduce(0) { $0 + $1.calls },
            failures: parts.reduce(0) { $0 + $1.failures },
            attempts: parts.reduce(0) { $0 + $1.attempts },
            histogram: histogram,
            inFlight: parts.last?.inFlight ?? [:],
            members: parts.last?.members ?? [],
            loads: loads
        )
    }

    /// The share of calls that ended well, from 0 to 1; 1 without calls.
    public var success: Double { calls == 0 ? 1 : Double(successes) / Double(calls) }

    /// The time that a share of all calls did not exceed, failed ones included, to within 1 %; `nil` without calls.
    public func latency(_ share: Double) -> Duration? {
        latencies.quantile(share).map { .nanoseconds(Int64(clamping: $0)) }
    }

    /// The mean time of all calls.
    public var meanLatency: Duration { .nanoseconds(Int64(latencies.mean)) }

    /// The longest call.
    public var maximumLatency: Duration { .nanoseconds(Int64(clamping: latencies.maximum)) }
}
