#if Transport
/// Decides when the endpoint must wait because the reader of a response is behind, and when it may go on.
///
/// Between the two it stays full, however little is held: what comes in after the word to stop, because it was on its way, must
/// not make it forget that somebody waits for the word to go on.
struct ReadAhead {
    private let limit: Int
    private var held = 0
    private var isFull = false

    /// - Parameter limit: How many bytes are held before the endpoint must wait; positive.
    init(limit: Int) {
        self.limit = limit
    }

    /// Bytes came in for which no reader waits.
    ///
    /// - Returns: Whether there is room for more.
    mutating func hold(_ count: Int) -> Bool {
        held += count
        if held >= limit { isFull = true }
        return !isFull
    }

    /// The reader took bytes.
    ///
    /// - Returns: Whether the endpoint was told to wait, and may go on now: with half of the room free, so that it is not
    ///   stopped and started for every piece.
    mutating func take(_ count: Int) -> Bool {
        held -= count
        guard isFull, held <= limit / 2 else { return false }
        isFull = false
        return true
    }
}
#endif
