#if AsyncHTTPClient && Transport
import Foundation

/// What this process has used of the machine so far.
struct ProcessUsage: Sendable {
    /// Processor time, user and system.
    let cpu: Duration
    /// The largest resident set, in bytes.
    let peakResidentBytes: Int

    static var current: ProcessUsage {
        let usage = usage(of: 0)
        return ProcessUsage(cpu: cpu(usage), peakResidentBytes: peakResidentBytes(usage))
    }

    /// Processor time of the child processes that have ended and been waited for.
    static var ofEndedChildren: Duration { cpu(usage(of: -1)) }

    /// RUSAGE_SELF is 0, RUSAGE_CHILDREN -1, which each platform imports with another type.
    private static func usage(of who: Int32) -> rusage {
        var usage = rusage()
        #if os(Linux)
        getrusage(__rusage_who_t(who), &usage)
        #else
        getrusage(who, &usage)
        #endif
        return usage
    }

    private static func cpu(_ usage: rusage) -> Duration {
        func duration(_ time: timeval) -> Duration {
            .seconds(Int64(time.tv_sec)) + .microseconds(Int64(time.tv_usec))
        }
        return duration(usage.ru_utime) + duration(usage.ru_stime)
    }

    #if os(Linux)
    /// `ru_maxrss` would include what the parent process used when it spawned this one.
    private static func peakResidentBytes(_ usage: rusage) -> Int {
        OtherProcess(id: getpid()).peakResidentBytes ?? usage.ru_maxrss * 1024
    }
    #else
    private static func peakResidentBytes(_ usage: rusage) -> Int { usage.ru_maxrss }
    #endif
}
#endif
