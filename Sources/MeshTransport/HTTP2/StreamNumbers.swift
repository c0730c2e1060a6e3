#if Transport
import NIOHTTP2

/// The numbers of the streams that a client opens: odd, ascending, never used twice, at most 2^31 - 1 (RFC 9113, 5.1.1).
struct StreamNumbers {
    private var following: Int

    init(startingAt first: Int = 1) {
        following = first
    }

    /// Whether the connection can open no more streams, for good.
    var isExhausted: Bool { following > Int(Int32.max) }

    mutating func next() -> HTTP2StreamID? {
        guard !isExhausted else { return nil }
        defer { following += 2 }
        return HTTP2StreamID(following)
    }
}
#endif
