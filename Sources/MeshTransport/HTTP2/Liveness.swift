#if Transport
/// Decides when to ask the peer whether it is still there, and when it is not.
///
/// ``check(hasStreams:)`` is called after each wait that it asked for. Whatever the peer sends is an answer, not only that to
/// the question: behind a large response the answer may be late, and the response is a sign of life, too.
struct Liveness {
    enum Step: Hashable {
        /// Nothing is under way: check again when something is.
        case rest
        /// Send a PING, and check after the timeout.
        case ask
        /// Check after the rest of the interval.
        case wait
        /// The peer is gone.
        case gone
    }

    private enum Phase {
        case quiet
        case asked(isAnswered: Bool)
    }

    private var phase = Phase.quiet

    /// Something came in.
    @inline(__always)
    mutating func heard() {
        if case .asked(isAnswered: false) = phase { phase = .asked(isAnswered: true) }
    }

    mutating func check(hasStreams: Bool) -> Step {
        switch phase {
        case .asked(isAnswered: false):
            return .gone
        case .asked(isAnswered: true):
            phase = .quiet
            return hasStreams ? .wait : .rest
        case .quiet:
            guard hasStreams else { return .rest }
            phase = .asked(isAnswered: false)
            return .ask
        }
    }
}
#endif
