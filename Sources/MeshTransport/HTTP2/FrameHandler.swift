#if Transport
import NIOCore
import NIOHTTP2

/// The handler below a connection of HTTP/2: frames, compression of fields, settings and the flow control of what is sent.
///
/// Not used of it: its channels for streams, which cost a channel, a pipeline and several passes for each call, and its
/// checks of fields, which know no reason that could be told (see ``ResponseFields``).
enum FrameHandler {
    /// How much a peer may send on one stream before the reader must have taken some of it.
    ///
    /// 1 MiB is what 10 Gbit/s carry in a millisecond, the way across a data centre and back. hyper: 2 MiB, Go: 4 MiB.
    static let streamWindow = 1 << 20
    /// How much a peer may send on all streams together in the time of one round trip: it is given back when it comes in, for
    /// the streams' own windows bound what is held. hyper: 5 MiB, Go: 1 GiB.
    static let connectionWindow = 16 << 20

    static func make(_ settings: TransportSettings) -> NIOHTTP2Handler {
        var connection = NIOHTTP2Handler.ConnectionConfiguration()
        // A head above the limit is refused alone (``ResponseFields``), one above twice the limit takes the connection along:
        // what is in a head must be known before the next one can be read.
        let headBytes = min(settings.responseLimits.headBytes * 2, Int(Int32.max))
        connection.initialSettings = [
            HTTP2Setting(parameter: .enablePush, value: 0),
            HTTP2Setting(parameter: .initialWindowSize, value: streamWindow),
            HTTP2Setting(parameter: .maxHeaderListSize, value: headBytes),
        ]
        connection.headerBlockValidation = .disabled
        connection.contentLengthValidation = .disabled
        connection.maximumSequentialContinuationFrames = max(5, headBytes / (16 * 1024) + 1)
        // What is harmless from a server in numbers that are an attack on a server: see `docs/decisions`.
        connection.maximumSequentialEmptyDataFrames = 100
        connection.maximumRecentlyResetStreams = 1024
        connection.controlFrameRateLimit.maximumCount = 1000
        connection.controlFrameRateLimit.windowLength = .seconds(1)
        var stream = NIOHTTP2Handler.StreamConfiguration()
        // 10,000 in a second; the frame handler makes room for the count at once, with each connection.
        stream.streamResetFrameRateLimit.maximumCount = 1000
        stream.streamResetFrameRateLimit.windowLength = .milliseconds(100)
        return NIOHTTP2Handler(mode: .client, connectionConfiguration: connection, streamConfiguration: stream)
    }
}
#endif
