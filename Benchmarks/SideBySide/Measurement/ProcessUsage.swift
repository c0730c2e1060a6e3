#if AsyncHTTPClient
import Foundation

/// What this process has used of the machine so far.
struct ProcessUsage: Sendable {
    /// Processor time, user and system.
    let cpu: Duration
    /// The largest resident set, in bytes.
    let peakResidentBytes: Int

    static var current: ProcessUsage {
        var usage = rusage()
        // RUSAGE_SELF, which each platform imports with another type.
        getrusage(0, &usage)
        func duration(_ time: timeval) -> Duration {
            .seconds(Int64(time.tv_sec)) + .microseconds(Int64(time.tv_usec))
        }
        return ProcessUsage(
            cpu: duration(usage.ru_utime) + duration(usage.ru_stime),
            peakResidentBytes: peakResidentBytes(usage)
        )
    }

    #if os(Linux)
    /// `ru_maxrss` would include what the parent process used when it spawned this one.
    private static func peakResidentBytes(_ usage: rusage) -> Int {
        guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
            let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }),
            let kibibytes = line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap({ Int($0) })
        else { return usage.ru_maxrss * 1024 }
        return kibibytes * 1024
    }
    #else
    private static func peakResidentBytes(_ usage: rusage) -> Int { usage.ru_maxrss }
    #endif
}
#endif
