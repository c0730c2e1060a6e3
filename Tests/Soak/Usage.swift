#if Transport
import Foundation

/// What this process holds. Zero where there is no `/proc`.
struct Usage: CustomStringConvertible {
    let files: Int
    let megabytes: Double

    static var now: Usage {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count) ?? 0
        let pages = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?
            .split(separator: " ").dropFirst().first.flatMap { Double($0) }
        return Usage(files: files, megabytes: (pages ?? 0) * 4096 / 1_048_576)
    }

    var description: String { "\(files) file descriptors, \(Int(megabytes)) MB resident" }
}
#endif
