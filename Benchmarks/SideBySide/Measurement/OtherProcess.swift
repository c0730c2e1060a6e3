#if AsyncHTTPClient && Transport
import Foundation

/// A process by its number, as `/proc` shows it; where there is no `/proc`, nothing is known.
struct OtherProcess: Sendable {
    let id: Int32

    /// Processor time, user and system, of all its threads, to the 10 ms.
    var cpu: Duration? {
        // The name of the program, in parentheses, may contain spaces.
        guard let fields = text("stat")?.split(separator: ")").last?.split(separator: " "), fields.count > 12,
            let user = Int(fields[11]), let system = Int(fields[12])
        else { return nil }
        return .seconds(1) * (user + system) / Int(sysconf(Int32(_SC_CLK_TCK)))
    }

    var peakResidentBytes: Int? { status("VmHWM") }

    var residentBytes: Int? { status("VmRSS") }

    /// Sockets that it holds open.
    var sockets: Int? {
        let folder = "/proc/\(id)/fd"
        return try? FileManager.default.contentsOfDirectory(atPath: folder).count { name in
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\(name)"))?.hasPrefix("socket:")
                ?? false
        }
    }

    private func status(_ key: String) -> Int? {
        let line = text("status")?.split(separator: "\n").first { $0.hasPrefix("\(key):") }
        return line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }.map { $0 * 1024 }
    }

    private func text(_ file: String) -> String? {
        try? String(contentsOfFile: "/proc/\(id)/\(file)", encoding: .utf8)
    }
}
#endif
