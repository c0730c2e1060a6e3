import MeshCore
import Synchronization

/// How many endpoints are tracked and how many of them are ejected, in one word, so that the cap on their share holds
/// exactly however many threads eject at once.
struct EjectionQuota: ~Copyable {
    private static let oneTracked: UInt64 = 1 << 32
    private static let oneEjected: UInt64 = 1

    /// Tracked in the upper half, ejected in the lower.
    private let word = Atomic<UInt64>(0)
    private let share: Fraction

    init(share: Fraction) {
        self.share = share
    }

    var counts: (tracked: Int, ejected: Int) { Self.unpack(word.load(ordering: .relaxed)) }

    func add() {
        word.wrappingAdd(Self.oneTracked, ordering: .relaxed)
    }

    func removeAvailable() {
        word.wrappingSubtract(Self.oneTracked, ordering: .relaxed)
    }

    func removeEjected() {
        word.wrappingSubtract(Self.oneTracked + Self.oneEjected, ordering: .relaxed)
    }

    /// Takes one of the places for ejected endpoints, if one is left.
    func reserve() -> Bool {
        var current = word.load(ordering: .relaxed)
        while true {
            let (tracked, ejected) = Self.unpack(current)
            guard ejected < limit(of: tracked) else { return false }
            let (exchanged, original) = word.weakCompareExchange(
                expected: current,
                desired: current + Self.oneEjected,
                ordering: .relaxed
            )
            if exchanged { return true }
            current = original
        }
    }

    /// Gives back a place taken with ``reserve()``.
    func release() {
        word.wrappingSubtract(Self.oneEjected, ordering: .relaxed)
    }

    /// How many of `tracked` endpoints may be ejected at once.
    func limit(of tracked: Int) -> Int {
        guard share > .zero else { return 0 }
        return tracked >= 2 ? max(1, share.of(tracked)) : share.of(tracked)
    }

    private static func unpack(_ word: UInt64) -> (tracked: Int, ejected: Int) {
        (Int(word >> 32), Int(word & 0xFFFF_FFFF))
    }
}
