#if Transport
import NIOCore

/// The connection, or the stream of one, that an exchange runs on. Everything is called on its event loop.
protocol ExchangeCarrier: AnyObject {
    /// Gives up the exchange: resets the stream, or closes the connection. Calls the exchange no more.
    func abandon(_ exchange: Exchange)

    /// Nobody reads the rest of the response: reads over it, or resets. Calls the exchange no more.
    func dropRest(of exchange: Exchange)

    /// The reader has made room.
    func resumeReading(of exchange: Exchange)

    /// Sends a piece of the request body, never empty. The promise is kept when the next piece may come.
    func send(_ bytes: ByteBuffer, of exchange: Exchange, promise: EventLoopPromise<Void>)

    /// The request body is complete, but for its trailers.
    func finishBody(of exchange: Exchange, trailers: OutgoingTrailers?)
}
#endif
