import MeshCore

/// The weight of one endpoint by its reports: the state machine of gRFC A58, "Subchannel Weights".
///
/// ``ReportedLoad`` is the same for many threads.
struct ReportedWeight: Hashable, Sendable {
    /// What is known about the weight.
    enum Reading: Hashable, Sendable {
        /// It counts.
        case usable(Double)
        /// There is no report, or there have not been any for long enough.
        case notYetUsable
        /// The last report is too old.
        case expired

        /// The weight, if it counts.
        var weight: Double? {
            if case .usable(let weight) = self { weight } else { nil }
        }
    }

    private var weight = 0.0
    private var lastUpdate: MeshInstant?
    /// When the reports began that go on until now.
    private var reportingSince: MeshInstant?

    /// Takes a report that came at `now`. One without load or without requests says nothing.
    ///
    /// In A58 only a look at the weight finds out that it has expired. Here a report does, too, so that nobody has to look
    /// while there are no calls.
    mutating func record(_ report: LoadReport, by parameters: ReportedWeights, at now: MeshInstant) {
        guard let weight = Self.weight(of: report, by: parameters) else { return }
        if let lastUpdate, lastUpdate.duration(to: now) >= parameters.expirationPeriod { reportingSince = nil }
        reportingSince = reportingSince ?? now
        lastUpdate = now
        self.weight = weight
    }

    /// The endpoint can be asked again after a time when it could not: the blackout begins anew.
    mutating func reset() {
        reportingSince = nil
    }

    /// What counts at `now`.
    mutating func reading(by parameters: ReportedWeights, at now: MeshInstant) -> Reading {
        guard let lastUpdate else { return .notYetUsable }
        guard lastUpdate.duration(to: now) < parameters.expirationPeriod else {
            reportingSince = nil
            return .expired
        }
        if parameters.blackoutPeriod > .zero {
            guard let reportingSince, reportingSince.duration(to: now) >= parameters.blackoutPeriod else {
                return .notYetUsable
            }
        }
        return .usable(weight)
    }

    /// The weight that a report speaks for; `nil` if it reports no load or no requests.
    ///
    /// From 10^-30 to 10^30, so that weights can be added up and divided by.
    static func weight(of report: LoadReport, by parameters: ReportedWeights) -> Double? {
        let application = report.applicationUtilization
        let utilization = application > 0 ? application : report.cpuUtilization
        let rate = report.requestsPerSecond
        guard utilization > 0, rate > 0 else { return nil }
        let weight = rate / (utilization + report.errorsPerSecond / rate * parameters.errorPenalty)
        return weight > 0 ? min(max(weight, 1e-30), 1e30) : nil
    }
}
