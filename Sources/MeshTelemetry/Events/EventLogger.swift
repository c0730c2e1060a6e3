#if Telemetry
public import Logging
import MeshDiscovery
#endif

/// Writes the events of a mesh to a log.
///
/// ```swift
/// let logger = EventLogger(Logger(label: "mesh"))
/// let subscription = events.subscribe()
/// await logger.run(subscription)
/// ```
///
/// | event | level | metadata beside `service` |
/// |---|---|---|
/// | endpoint ejected | warning | `endpoint`, `reason`, `duration` |
/// | endpoint readmitted | notice | `endpoint` |
/// | ejection suppressed | warning | `endpoint`, `reason` |
/// | endpoint set updated | info; warning if none is left | `added`, `removed`, `total` |
/// | resolution failed | warning | `source`, `reason` |
/// | retry budget exhausted | warning | |
/// | panic entered | error | `available`, `total` |
/// | panic left | notice | `available`, `total` |
/// | weights ignored | warning | `by`, `lightest`, `heaviest` |
///
/// Without the `Telemetry` trait it writes nothing.
public struct EventLogger: Sendable {
    #if Telemetry
    private let logger: Logger

    /// Creates a logger of events.
    public init(_ logger: Logger) {
        self.logger = logger
    }

    /// Creates a logger of events that writes to a log with the label `mesh`.
    public init() {
        self.init(Logger(label: "mesh"))
    }
    #else
    /// Creates a logger of events. Writes nothing, because the `Telemetry` trait is off.
    public init() {}
    #endif

    /// Writes events until the hub is gone or the task is cancelled. Says so when it was too slow for some.
    public func run(_ events: EventSubscription) async {
        var reported = 0
        for await event in events {
            log(event)
            let dropped = events.droppedCount
            if dropped > reported { logLoss(of: dropped - reported) }
            reported = dropped
        }
    }

    /// Writes one event.
    public func log(_ event: MeshEvent) {
        #if Telemetry
        var metadata: Logger.Metadata = ["service": "\(event.service)"]
        let level: Logger.Level
        let message: Logger.Message
        switch event {
        case .endpointEjected(_, let address, let reason, let duration):
            (level, message) = (.warning, "endpoint ejected")
            metadata["endpoint"] = "\(address)"
            metadata["reason"] = "\(reason)"
            metadata["duration"] = "\(duration)"
        case .endpointReadmitted(_, let address):
            (level, message) = (.notice, "endpoint readmitted")
            metadata["endpoint"] = "\(address)"
        case .ejectionSuppressed(_, let address, let reason):
            (level, message) = (.warning, "endpoint not ejected, because too many are already")
            metadata["endpoint"] = "\(address)"
            metadata["reason"] = "\(reason)"
        case .endpointSetUpdated(_, let added, let removed, let total):
            (level, message) = (total == 0 ? .warning : .info, "endpoints updated")
            metadata["added"] = "\(added)"
            metadata["removed"] = "\(removed)"
            metadata["total"] = "\(total)"
        case .resolutionFailed(_, let error):
            (level, message) = (.warning, "resolution failed, the last good endpoints stay in force")
            metadata["source"] = "\(error.source)"
            metadata["reason"] = "\(error.reason)"
        case .retryBudgetExhausted:
            (level, message) = (.warning, "retry budget exhausted")
        case .panicEntered(_, let available, let total):
            (level, message) = (.error, "too few endpoints available, calls go to all")
            metadata["available"] = "\(available)"
            metadata["total"] = "\(total)"
        case .panicLeft(_, let available, let total):
            (level, message) = (.notice, "enough endpoints available again")
            metadata["available"] = "\(available)"
            metadata["total"] = "\(total)"
        case .weightsIgnored(_, let by, let lightest, let heaviest):
            (level, message) = (.warning, "endpoints have weights that the policy or the subsetting does not go by")
            metadata["by"] = "\(by)"
            metadata["lightest"] = "\(lightest)"
            metadata["heaviest"] = "\(heaviest)"
        }
        logger.log(level: level, message, metadata: metadata)
        #endif
    }

    private func logLoss(of count: Int) {
        #if Telemetry
        logger.warning("events lost, because the log was too slow", metadata: ["count": "\(count)"])
        #endif
    }
}
