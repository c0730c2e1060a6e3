import MeshCore
import Synchronization

/// Successes that are counted beside the lock of a breaker, each stripe for itself, so that two cores whose calls to an
/// endpoint succeed do not meet.
///
/// Nearly every result is a success that changes nothing but one count. Whatever looks at the counts or changes more
/// (a failure, the next bucket of the window, a probe) takes the lock, and then, with ``collect()``, everything that was
/// counted until then. Nothing is lost and nothing counted late: collecting begins a new *generation*, a count carries
/// its generation with it, and a call that looked at an earlier one has to take the lock.
struct SuccessTally: ~Copyable {
    /// The permission to count, as long as nobody has collected.
    struct Pass {
        fileprivate let generation: UInt64
    }

    private static let isOpen: UInt64 = 1

    /// The generation, shifted by the bit that says whether there is a pass. Written under the lock of the breaker.
    private let gate = Atomic<UInt64>(0)
    /// Until when there is.
    private let end = Atomic<UInt64>(0)
    /// Generation in the upper half, count in the lower.
    private let counts: StripedWords

    init(_ counts: StripedWords) {
        self.counts = counts
    }

    /// A pass, if a success at `now` is only counted. Take it before you look at whether the success counts at all:
    /// if that changes meanwhile, the pass is no longer good.
    func pass(at now: MeshInstant) -> Pass? {
        guard now.nanoseconds < end.load(ordering: .acquiring) else { return nil }
        let gate = gate.load(ordering: .acquiring)
        return gate & Self.isOpen == 0 ? nil : Pass(generation: gate >> 1)
    }

    /// Counts a success. Two atomic loads and an uncontended compare-and-swap.
    ///
    /// - Returns: Whether it was counted.
    func count(with pass: Pass) -> Bool {
        let stripe = Stripe.current(of: counts.stripes)
        var old = counts.load(stripe)
        while old >> 32 == pass.generation, UInt32(truncatingIfNeeded: old) < .max {
            guard let other = counts.replace(old, by: old + 1, in: stripe) else { return true }
            old = other
        }
        return false
    }

    /// Takes what was counted and ends every pass. Under the lock of the breaker.
    func collect() -> Int {
        let generation = (gate.load(ordering: .relaxed) >> 1 + 1) & 0xFFFF_FFFF
        gate.store(generation << 1, ordering: .relaxed)
        var sum = 0
        for stripe in 0..<counts.stripes {
            sum += Int(counts.exchange(generation << 32, in: stripe) & 0xFFFF_FFFF)
        }
        return sum
    }

    /// Gives passes, to calls that end before `end`. Under the lock of the breaker, behind ``collect()`` and behind
    /// everything that the calls look at.
    func open(until end: MeshInstant) {
        self.end.store(end.nanoseconds, ordering: .releasing)
        gate.store(gate.load(ordering: .relaxed) | Self.isOpen, ordering: .releasing)
    }
}
