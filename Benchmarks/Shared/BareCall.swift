import MeshCore
import Synchronization

/// The least that an asynchronous call can be: it answers 1, and could suspend.
///
/// Never inlined, and with a suspension on a path that no caller can rule out. Without either the compiler sees that the
/// call always answers the same, and removes it: 0.2 ns, which is no call.
@inline(never)
public func bareCall() async -> Int {
    if mustYield.load(ordering: .relaxed) { await Task.yield() }
    return 1
}

/// The time of one ``bareCall()`` in nanoseconds.
public func bareCallNanoseconds(of calls: Int = 1_000_000) async -> Double {
    let start = MeshClock.continuous.now
    var sum = 0
    for _ in 0..<calls { sum += await bareCall() }
    let elapsed = MeshClock.continuous.now.nanoseconds(since: start)
    precondition(sum == calls)
    return Double(elapsed) / Double(calls)
}

private let mustYield = Atomic<Bool>(false)
