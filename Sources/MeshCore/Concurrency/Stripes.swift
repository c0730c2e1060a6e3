import Synchronization

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
    /// The most stripes that anything should have.
    public static let maximum = 64

    /// The most stripes of something whose sum is often asked for: more would cost those who read it more than it saves
    /// those who write.
    public static let maximumOfSums = 8

    /// How many stripes keep this machine's cores apart: a power of two, 1 to ``maximum``, at least twice the cores.
    public static let recommendedCount: Int = {
        #if canImport(Darwin)
        let cores = Int(sysconf(_SC_NPROCESSORS_ONLN))
        #else
        let cores = Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        #endif
        var count = 1
        while count < cores * 2, count < maximum { count *= 2 }
        return count
    }()

    /// The stripe of the current thread among `count`, a power of two. About 3 ns.
    ///
    /// Of a smaller number of stripes it is the remainder: what uses several numbers of stripes asks once.
    ///
    /// Threads are numbered in the order in which they first ask. A hash of the thread's handle costs nothing, but two
    /// threads on four stripes then meet in every fourth process, for as long as it lives: measured, 0.6 times the
    /// picks of one thread instead of twice as many.
    @inlinable
    public static func current(of count: Int) -> Int {
        guard count > 1 else { return 0 }
        return threadNumber() & (count - 1)
    }

    private static let threads = Atomic<Int>(0)

    private static let key: pthread_key_t = {
        var key = pthread_key_t()
        let error = pthread_key_create(&key, nil)
        precondition(error == 0, "this process has no thread-specific data left")
        return key
    }()

    @usableFromInline
    static func threadNumber() -> Int {
        // Stored as one more than the number: what was never stored reads as 0.
        let stored = Int(bitPattern: pthread_getspecific(key))
        return stored != 0 ? stored &- 1 : numberThread()
    }

    @inline(never)
    private static func numberThread() -> Int {
        // Wraps round long before the sign: only the lowest bits are ever looked at.
        let number = threads.wrappingAdd(1, ordering: .relaxed).oldValue & 0xFFFF
        pthread_setspecific(key, UnsafeRawPointer(bitPattern: number + 1))
        return number
    }
}
