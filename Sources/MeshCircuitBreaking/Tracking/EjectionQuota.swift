import MeshCore
import Synchronization

/// How many endpoints that take calls are tracked and how many of them are ejected, in one word, so that the cap on their share holds
/// exactly however many threads eject at once.
struct EjectionQuota: ~Copyable {
    /// How an endpoint that comes or goes is counted.
    enum Standing {
        case available
        case ejected

        init(of state: borrowing BreakerState) {
            self = state.isEjected ? .ejected : .available
        }

        /// What it adds to the word.
        fileprivate var word: UInt64 { self == .ejected ? oneTracked + oneEjected : oneTracked }
    }

    private static let oneTracked: UInt64 = 1 << 32
    private static let oneEjected: UInt64 = 1

    /// Tracked in the upper half, ejected in the lower.
    private let word = Atomic<UInt64>(0)
    private let share: Fraction

    init(share: Fraction) {
        self.share = share
    }

    var counts: (tracked: Int, ejected: Int) { Self.unpack(word.load(ordering: .relaxed)) }

    func add(_ standing: Standing) {
        word.wrappingAdd(standing.word, ordering: .relaxed)
    }

    func remove(_ standing: Standing) {
        word.wrappingSubtract(standing.word, ordering: .relaxed)
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
