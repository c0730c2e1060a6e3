#if Transport
/// Decides when to tell the peer that it may send more, on one stream.
///
/// What the reader has taken is given back in halves of the window, so that a large body costs one WINDOW_UPDATE for many
/// frames, and the peer never runs dry while the reader keeps up. While the reader has no room nothing is given back: the
/// peer stops when the window is used up, and that bounds what is held for a slow reader.
struct ReceiveWindow {
    /// The least that is given back at once.
    private let threshold: Int
    /// Received and not given back.
    private var owed = 0
    private var isPaused = false

    /// - Parameter size: The window that the peer was told of, in bytes.
    init(size: Int) {
        threshold = max(1, size / 2)
    }

    /// Flow-controlled bytes came in, padding included.
    ///
    /// - Returns: How much to give back now.
    mutating func received(_ count: Int) -> Int? {
        owed += count
        return grant()
    }

    /// The reader has no room.
    mutating func pause() { isPaused = true }

    /// The reader has room again.
    ///
    /// - Returns: How much to give back now.
    mutating func resume() -> Int? {
        isPaused = false
        return grant()
    }

    private mutating func grant() -> Int? {
        guard !isPaused, owed >= threshold else { return nil }
        defer { owed = 0 }
        return owed
    }
}
#endif
