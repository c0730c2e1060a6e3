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

private let mustYield = Atomic<Bool>(false)
