import Dispatch
import MeshCore
import MeshLoadBalancing
import Synchronization

/// How long picks take, on a thread of their own, while something else happens.
final class PickTimes: Sendable {
    private let isOver = Atomic<Bool>(false)
    private let nanoseconds = Mutex<[UInt64]>([])

    /// Picks from `balancer` while `body` runs.
    init(_ balancer: LoadBalancer, while body: () -> Void) {
        let thread = DispatchGroup()
        let hasBegun = DispatchSemaphore(value: 0)
        DispatchQueue.global().async(group: thread) { [self] in
            var caller = Caller(balancer, seed: 1)
            var times: [UInt64] = []
            times.reserveCapacity(1 << 20)
            hasBegun.signal()
            while !isOver.load(ordering: .relaxed), times.count < 1 << 20 {
                let start = MeshClock.continuous.now
                caller.call(at: start)
                times.append(MeshClock.continuous.now.nanoseconds(since: start))
            }
            nanoseconds.withLock { $0 = times.sorted() }
        }
        hasBegun.wait()
        body()
        isOver.store(true, ordering: .relaxed)
        thread.wait()
    }

    /// The time within which a share of the picks was over.
    func microseconds(atMostOf share: Double) -> Double {
        nanoseconds.withLock { times in
            times.isEmpty ? 0 : Double(times[Int(Double(times.count - 1) * share)]) / 1000
        }
    }
}
