#if Telemetry
import Logging
import MeshCore
import MeshDiscovery
import MeshTelemetry
import Synchronization
import Testing

@Suite struct EventLoggerTests {
    private let log = RecordedLog()

    private var logger: EventLogger {
        EventLogger(Logger(label: "test") { _ in RecordingLogHandler(log: log) })
    }

    @Test(
        "an event has a level and metadata",
        arguments: [
            (
                .endpointEjected("users", .unix(path: "/u"), reason: "resets", duration: .seconds(5)), .warning,
                ["endpoint": "unix:/u", "reason": "resets", "duration": "5.0 seconds"]
            ),
            (.endpointReadmitted("users", .unix(path: "/u")), .notice, ["endpoint": "unix:/u"]),
            (
                .ejectionSuppressed("users", .unix(path: "/u"), reason: "r"), .warning,
                ["endpoint": "unix:/u", "reason": "r"]
            ),
            (
                .endpointSetUpdated("users", added: 1, removed: 2, total: 3), .info,
                ["added": "1", "removed": "2", "total": "3"]
            ),
            (
                .endpointSetUpdated("users", added: 0, removed: 2, total: 0), .warning,
                ["added": "0", "removed": "2", "total": "0"]
            ),
            (
                .resolutionFailed("users", ResolutionError(source: "s", reason: "r")), .warning,
                ["source": "s", "reason": "r"]
            ),
            (.retryBudgetExhausted("users"), .warning, [:]),
            (.panicEntered("users", available: 1, total: 5), .error, ["available": "1", "total": "5"]),
            (.panicLeft("users", available: 3, total: 5), .notice, ["available": "3", "total": "5"]),
            (
                .weightsIgnored("users", by: "prequal", lightest: 1, heaviest: 4), .warning,
                ["by": "prequal", "lightest": "1", "heaviest": "4"]
            ),
        ] as [(MeshEvent, Logger.Level, [String: String])]
    )
    func writes(event: MeshEvent, level: Logger.Level, metadata: [String: String]) {
        logger.log(event)
        #expect(log.entries.map(\.level) == [level])
        #expect(log.entries.first?.metadata == metadata.merging(["service": "users"]) { $1 })
    }

    @Test func `it follows a subscription to its end and says how many events were lost`() async {
        var events: MeshEvents? = MeshEvents()
        let subscription = events?.subscribe(bufferingNewest: 2)
        for _ in 0..<5 { events?.publish(.retryBudgetExhausted("users")) }
        events = nil
        if let subscription { await logger.run(subscription) }
        #expect(log.entries.filter { $0.message == "retry budget exhausted" }.count == 2)
        #expect(log.entries.compactMap { $0.metadata["count"] } == ["3"])
    }
}

final class RecordedLog: Sendable {
    struct Entry: Sendable {
        let level: Logger.Level
        let message: String
        let metadata: [String: String]
    }

    private let recorded = Mutex<[Entry]>([])

    var entries: [Entry] { recorded.withLock { $0 } }

    func append(_ entry: Entry) { recorded.withLock { $0.append(entry) } }
}

struct RecordingLogHandler: LogHandler {
    let log: RecordedLog
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level = .trace

    init(log: RecordedLog) { self.log = log }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        log.append(
            RecordedLog.Entry(
                level: event.level,
                message: event.message.description,
                metadata: (event.metadata ?? [:]).mapValues(\.description)
            )
        )
    }
}
#endif
