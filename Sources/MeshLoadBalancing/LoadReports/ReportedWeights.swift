import MeshCore

/// How the weight of an endpoint is made from the load that it reports: client-side weighted round robin of gRPC (gRFC A58),
/// with A58's defaults.
///
/// The weight is the work that an endpoint does for each part of itself that is busy:
/// `requests per second / (utilization + errors per second / requests per second × errorPenalty)`.
public struct ReportedWeights: Hashable, Sendable {
    /// How long an endpoint must have reported before its weight counts, so that a new one whose caches are cold is not
    /// judged. 10 s by default; zero or more.
    public let blackoutPeriod: Duration
    /// After this time without a report the last one does not count any more, and the blackout begins anew with the next.
    /// 3 minutes by default; positive.
    public let expirationPeriod: Duration
    /// How often the weights are brought up to date: 1 s by default, at least ``minimumUpdatePeriod``.
    public let updatePeriod: Duration
    /// What an error weighs against a request: 1 by default, 0 or more. With 1 an endpoint of which every request fails
    /// looks as if it were busier by the whole of itself.
    public let errorPenalty: Double

    /// What a shorter ``updatePeriod`` is raised to: 100 ms.
    public static let minimumUpdatePeriod = Duration.milliseconds(100)

    /// Creates parameters.
    ///
    /// - Precondition: `blackoutPeriod` is not negative, `expirationPeriod` is positive, `errorPenalty` is finite and not
    ///   negative.
    public init(
        blackoutPeriod: Duration = .seconds(10),
        expirationPeriod: Duration = .seconds(180),
        updatePeriod: Duration = .seconds(1),
        errorPenalty: Double = 1
    ) {
        precondition(blackoutPeriod >= .zero, "a blackout period must not be negative")
        precondition(expirationPeriod > .zero, "an expiration period must be positive")
        precondition(errorPenalty >= 0 && errorPenalty.isFinite, "an error penalty must be finite and not negative")
        self.blackoutPeriod = blackoutPeriod
        self.expirationPeriod = expirationPeriod
        self.updatePeriod = max(updatePeriod, Self.minimumUpdatePeriod)
        self.errorPenalty = errorPenalty
    }
}

extension ReportedWeights {
    /// The weight that a report speaks for; `nil` if it reports no load or no requests.
    ///
    /// From 10^-30 to 10^30, so that weights can be added up and divided by.
    func weight(of report: LoadReport) -> Double? {
        let application = report.applicationUtilization
        let utilization = application > 0 ? application : report.cpuUtilization
        let rate = report.requestsPerSecond
        guard utilization > 0, rate > 0 else { return nil }
        let weight = rate / (utilization + report.errorsPerSecond / rate * errorPenalty)
        return weight > 0 ? min(max(weight, 1e-30), 1e30) : nil
    }
}
