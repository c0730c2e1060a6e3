#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Android)
import Android
#endif

/// Which of several copies of some state the current thread should use, so that two cores seldom meet in one.
public enum Stripe {
    /// How many stripes keep this machine's cores apart: a power of two, 1 to 64, at least twice the cores.
    public static let recommendedCount: Int = {
        #if canImport(Darwin)
        let cores = Int(sysconf(_SC_NPROCESSORS_ONLN))
        #else
        let cores = Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        #endif
        var count = 1
        while count < cores * 2, count < 64 { count *= 2 }
        return count
    }()

    /// The stripe of the current thread among `count`, a power of two. About 2 ns.
    @inlinable
    public static func current(of count: Int) -> Int {
        guard count > 1 else { return 0 }
        // Thread handles are addresses of pages apart: take the bits that differ, mixed by a Fibonacci hash.
        let mixed = UInt64(truncatingIfNeeded: threadHandle()) &* 0x9E37_79B9_7F4A_7C15
        return Int(truncatingIfNeeded: mixed >> 40) & (count - 1)
    }

    @usableFromInline
    static func threadHandle() -> Int {
        #if canImport(Darwin)
        Int(bitPattern: pthread_self())
        #else
        Int(truncatingIfNeeded: pthread_self())
        #endif
    }
}
