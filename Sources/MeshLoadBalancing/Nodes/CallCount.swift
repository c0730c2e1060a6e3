import MeshCore
import Synchronization

/// The calls in flight to an endpoint under one description, and the certainty of when the last of them has ended.
///
/// Every stripe counts for itself, so that two cores which call one endpoint do not fight over a cache line; a call may
/// begin on one stripe and end on another, only the sum means something. When no more calls can begin the count is
/// *closed*: each stripe's part is taken out of it, in one exchange, and brought to a single word. A call that ends
/// later finds its stripe closed and settles there. So each call is subtracted exactly once, and exactly one party
/// brings the single word to zero: the closing one or the last call.
struct CallCount: ~Copyable {
    /// Calls in flight and those of them that wait for the head of their response. Two counts in one word, because their
    /// sums over the stripes must fit each other.
    struct Calls {
        /// A call that waits for the head of its response.
        static let waiting: UInt64 = 1 << 28 | 1
        /// A call whose response is being read.
        static let reading: UInt64 = 1

        let word: UInt64

        /// A stripe that sees the others as they were a moment ago may see fewer than none.
        var inFlight: Int { max(0, lower) }
        var isWaiting: Bool { (Int64(bitPattern: word) - Int64(lower)) >> 28 > 0 }

        private var lower: Int { Int(Int64(bitPattern: word << 36) >> 36) }
    }

    /// How many stripes count apart.
    static func stripes(for balancerStripes: Int) -> Int { min(balancerStripes, Stripe.maximumOfSums) }

    /// What a stripe holds beside its own count: what the others held when it last looked, and when that was.
    static let width = 3
    fileprivate static let others = 1
    fileprivate static let lookedAt = 2

    /// Above everything that calls can add up to. In a stripe: it is closed. In the single word: not yet settled.
    private static let closed: UInt64 = 1 << 62

    private let words: StripedWords
    private let settling = Atomic<UInt64>(Self.closed)

    init(_ words: StripedWords) {
        self.words = words
    }

    /// A call begins. Never once the count is being closed.
    ///
    /// - Parameter stripe: The stripe of the current thread among any number of stripes that is not smaller.
    func begin(on stripe: Int) {
        words.add(Calls.waiting, to: own(stripe))
    }

    /// A call ends, or changes from waiting to reading.
    ///
    /// - Returns: Whether that is all. Otherwise the count was closed: ``settle(_:)`` must follow.
    func subtract(_ word: UInt64, on stripe: Int) -> Bool {
        !Self.isClosed(words.add(0 &- word, to: own(stripe)))
    }

    /// Takes the parts of the stripes out: what was in flight. ``settle(_:)`` must follow, with what ``closing(_:)``
    /// makes of it.
    func close() -> UInt64 {
        (0..<words.stripes).reduce(0) { $0 &+ words.exchange(Self.closed, in: $1) }
    }

    /// What to settle for calls that were in flight when the count was closed.
    static func closing(_ word: UInt64) -> UInt64 { closed &- word }

    /// Settles a call that ended after the count was closed, or the closing itself.
    ///
    /// - Returns: Whether all calls have ended, and the closing is settled. True exactly once.
    func settle(_ word: UInt64) -> Bool {
        settling.wrappingSubtract(word, ordering: .acquiringAndReleasing).newValue == 0
    }

    /// All calls in flight: exact while none begins or ends.
    var total: UInt64 { sight.total }

    /// What a pick reads. Valid as long as the count is.
    var sight: Sight { Sight(words: words.unowned) }

    /// The calls in flight as the stripes see them.
    struct Sight: Sendable {
        let words: StripedWords.Unowned

        /// All of them: exact while none begins or ends.
        var total: UInt64 { total(without: nil) }

        private func total(without own: Int?) -> UInt64 {
            var sum: UInt64 = 0
            for stripe in 0..<words.stripes where stripe != own {
                let word = words[stripe].load()
                if !CallCount.isClosed(word) { sum &+= word }
            }
            return sum
        }

        /// The calls in flight as a stripe sees them: its own exactly, those of the others as they were at most 65 us
        /// before, which is little beside the time that a call takes, or a little longer if the stripe has no glance left.
        ///
        /// Reading what another core writes costs as much as the rest of a pick, for either of them. With this a core that
        /// picks without pause pays for it once in many picks, and one that picks now and then sees what there is.
        @inline(__always)
        func seen(by stripe: Int, at now: MeshInstant, _ glances: inout Glances) -> UInt64 {
            // Of a single stripe the others hold nothing, and nobody looks.
            let own = stripe & (words.stripes &- 1)
            let part = words[own]
            // Never 0, which is what was never written.
            let moment = now.nanoseconds >> 16 &+ 1
            let lookedAt = part.load(CallCount.lookedAt)
            if lookedAt != moment, words.stripes > 1, lookedAt == 0 || glances.take(at: now) {
                look(at: moment, for: own)
            }
            return part.load() &+ part.load(CallCount.others)
        }

        @inline(never)
        private func look(at moment: UInt64, for own: Int) {
            // Without its own, which may change meanwhile: calls end outside the lock of a stripe.
            words[own].store(total(without: own), CallCount.others)
            words[own].store(moment, CallCount.lookedAt)
        }
    }

    private func own(_ stripe: Int) -> Int { stripe & (words.stripes &- 1) }

    /// Ends of calls leave a closed stripe below the mark, but far above what calls add up to; a stripe on which more
    /// calls end than begin is below zero.
    fileprivate static func isClosed(_ word: UInt64) -> Bool { Int64(bitPattern: word) > 1 << 61 }
}
