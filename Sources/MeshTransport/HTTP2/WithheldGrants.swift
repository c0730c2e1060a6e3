#if Transport
import NIOHTTP2

/// What streams give back to the peer while the channel takes nothing.
///
/// The frame handler would keep each WINDOW_UPDATE until it can be written, and take the whole connection for broken if the
/// stream had ended by then.
struct WithheldGrants {
    private var amounts: [HTTP2StreamID: Int] = [:]

    mutating func withhold(_ count: Int, on stream: HTTP2StreamID) { amounts[stream, default: 0] += count }

    /// The stream has ended: nothing is given back on it any more.
    mutating func forget(_ stream: HTTP2StreamID) {
        if !amounts.isEmpty { amounts[stream] = nil }
    }

    /// What is to be given back now that the channel takes it, one amount for each stream.
    mutating func takeAll() -> [HTTP2StreamID: Int] {
        defer { amounts = [:] }
        return amounts
    }
}
#endif
