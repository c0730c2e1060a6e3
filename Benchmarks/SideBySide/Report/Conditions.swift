#if AsyncHTTPClient && Transport
import Foundation

/// What a reader must know before comparing the figures with others.
struct Conditions: Encodable, Sendable {
    let date: String
    let os: String
    let cpu: String
    let cores: Int
    /// Of the last minute, before the run: above zero, something else was running.
    let loadAverage: Double
    let swift: String
    let buildConfiguration: String
    let seconds: Double
    let rounds: Int

    static let debugWarning = """
        WARNING: this is a debug build. Its figures say nothing; use: swift run -c release sidebyside
        """

    init(seconds: Double, rounds: Int) {
        date = Date.now.formatted(.iso8601)
        os = ProcessInfo.processInfo.operatingSystemVersionString
        cpu = Self.processorName
        cores = ProcessInfo.processInfo.activeProcessorCount
        var averages = [0.0]
        loadAverage = getloadavg(&averages, 1) == 1 ? averages[0] : 0
        swift = Self.swiftVersion
        buildConfiguration = Self.isDebugBuild ? "debug" : "release"
        self.seconds = seconds
        self.rounds = rounds
    }

    static var isDebugBuild: Bool {
        #if DEBUG
        true
        #else
        false
        #endif
    }

    /// Of the compiler on the search path, which under `swift run` is the one that built this program.
    private static var swiftVersion: String {
        guard let path = Command.find("swift"),
            let text = try? Command.output(of: Command.process(path, ["--version"])),
            let range = text.range(of: #"Swift version [0-9.]+"#, options: .regularExpression)
        else { return "unknown" }
        return String(text[range].dropFirst("Swift version ".count))
    }

    private static var processorName: String {
        let info = try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)
        let line = info?.split(separator: "\n").first { $0.hasPrefix("model name") }
        let name = line?.split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) }
        #if arch(arm64)
        return name ?? "arm64"
        #else
        return name ?? "x86_64"
        #endif
    }
}
#endif
