#if AsyncHTTPClient
import Histogram
import Synchronization

/// What became of one client's calls so far. Failed calls count with the time that the caller lost on them.
final class Scoreboard: Sendable {
    let name: String
    private let scores = Mutex(Scores())

    init(name: String) {
        self.name = name
    }

    /// The numbers so far.
    var current: Scores { scores.withLock { $0 } }

    func began(late: Duration) {
        scores.withLock { scores in
            scores.began += 1
            scores.lateness.record(late)
        }
    }

    func ended(after latency: Duration, _ outcome: CallOutcome) {
        scores.withLock { scores in
            scores.ended += 1
            scores.latency.record(latency)
            if let endpoint = outcome.answeredBy { scores.answers[endpoint, default: 0] += 1 }
            if let failure = outcome.failure { scores.failures[failure, default: 0] += 1 }
        }
    }
}

/// The numbers of one client at one moment.
struct Scores: Sendable {
    var began = 0
    var ended = 0
    var failures: [String: Int] = [:]
    /// How many answers came from each endpoint.
    var answers: [String: Int] = [:]
    var latency = LatencyHistogram()
    /// How late the load generator itself was: large values mean that the machine is too small for the rate.
    var lateness = LatencyHistogram()

    var failed: Int { failures.values.reduce(0, +) }
    var successRate: Double { ended == 0 ? 1 : Double(ended - failed) / Double(ended) }
}

/// Durations up to a minute, in microseconds, to three significant digits.
struct LatencyHistogram: Sendable {
    private var histogram = Histogram<UInt32>(highestTrackableValue: 60_000_000)

    mutating func record(_ duration: Duration) {
        let microseconds = max(0, duration / .microseconds(1))
        histogram.record(UInt64(min(microseconds, 60_000_000)))
    }

    /// Milliseconds below which this percentage of the values lies.
    func milliseconds(atPercentile percentile: Double) -> Double {
        Double(histogram.valueAtPercentile(percentile)) / 1000
    }
}
#endif
