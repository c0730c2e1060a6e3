#if AsyncHTTPClient && Transport
import Foundation

/// How many files and sockets a process may hold open.
enum FileLimit {
    /// Raises it as far as the system allows without privileges, for this process and those it starts. Returns it.
    @discardableResult
    static func raise() -> Int {
        #if os(Linux)
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        #else
        let resource = RLIMIT_NOFILE
        #endif
        var limit = rlimit()
        getrlimit(resource, &limit)
        limit.rlim_cur = limit.rlim_max
        setrlimit(resource, &limit)
        getrlimit(resource, &limit)
        return Int(clamping: limit.rlim_cur)
    }
}
#endif
