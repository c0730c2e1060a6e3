import Dispatch
import Foundation
public import MeshCore
import Synchronization

/// Lets threads do the same work for 50 ms.
///
/// The threads are new, so that they are numbered one after the other and no two share a `Stripe`, as the few threads of a service
/// that make its calls do not.
///
/// - Parameters:
///   - threads: How many.
///   - batch: How much of it between two looks at the clock, which `work` gets to know.
///   - makeWork: Makes the work of one thread.
/// - Returns: The operations of all threads together in a microsecond.
public func operationsPerMicrosecond(
    threads: Int,
    batch: Int = 1,
    _ makeWork: @escaping @Sendable () -> (MeshInstant) -> Void
) -> Double {
    let clock = MeshClock.continuous
    let race = Race()
    for _ in 0..<threads {
        race.isOver.enter()
        Thread.detachNewThread {
            let work = makeWork()
            // For its number.
            _ = Stripe.current(of: Stripe.maximum)
            race.ready.wrappingAdd(1, ordering: .relaxed)
            // Nobody begins before everybody is there.
            while race.ready.load(ordering: .relaxed) < threads {}
            let start = clock.now
            let end = start.advanced(by: .milliseconds(50))
            var operations = 0
            var now = start
            while now < end {
                for _ in 0..<batch { work(now) }
                operations += batch
                now = clock.now
            }
            race.done.withLock { $0 = ($0.operations + operations, $0.nanoseconds + now.nanoseconds(since: start)) }
            race.isOver.leave()
        }
    }
    race.isOver.wait()
    let (operations, nanoseconds) = race.done.withLock { $0 }
    return Double(operations) * 1000 * Double(threads) / Double(max(nanoseconds, 1))
}

private final class Race: Sendable {
    let ready = Atomic<Int>(0)
    let done = Mutex((operations: 0, nanoseconds: UInt64(0)))
    let isOver = DispatchGroup()
}
