#if Transport
public import MeshTLS
public import NIOCore
public import NIOPosix

extension NativeTransport {
    /// How the transport connects, and how much it holds.
    public struct Configuration: Sendable {
        /// Which versions of HTTP are spoken.
        public enum Protocols: Hashable, Sendable {
            /// With TLS, what both sides like best: HTTP/2, then HTTP/1.1 (ALPN). Without, HTTP/1.1.
            case automatic
            /// HTTP/1.1 alone.
            case http1
            /// HTTP/2 alone; without TLS by prior knowledge (RFC 9113, 3.3).
            case http2
        }

        /// TLS with this identity and trust; `nil`, the default, for none.
        public var tls: ClientTLS?
        /// Which versions of HTTP are spoken; ``Protocols/automatic`` unless said otherwise.
        public var protocols: Protocols
        /// How long it may take to connect, name resolution and handshake included. Positive; 1 s unless said otherwise.
        public var connectTimeout: Duration
        /// How long a call waits for a connection when all are taken and no other may be opened. Positive; 1 s unless said
        /// otherwise. If one is being opened at the end of that time, the call waits for up to ``connectTimeout`` more.
        public var waitTimeout: Duration
        /// How many connections an endpoint may get. Positive; 1024 unless said otherwise, because it is for the mesh's own
        /// limits to queue. Shared evenly among the event loops, of which no more are used than this. A connection that only ends its last calls, because it is too
        /// old or the server wants it to go, is not counted.
        public var maximumConnectionsPerEndpoint: Int
        /// How many connections to an endpoint are kept open, also without calls, all event loops together. Not negative; 0
        /// unless said otherwise.
        ///
        /// A mesh opens them when discovery adds the endpoint. A transport that is used by itself does when it is told
        /// (``NativeTransport/prepare(_:for:)``), or each event loop its share with its first call.
        public var minimumConnectionsPerEndpoint: Int
        /// How many calls may wait for a connection to an endpoint. Not negative; 1024 unless said otherwise. Shared evenly
        /// among the event loops, each of which refuses what is beyond its own share.
        public var maximumWaitersPerEndpoint: Int
        /// How long a connection without calls is kept, give or take a quarter. Positive; 60 s unless said otherwise, which is
        /// less than what servers allow (nginx: 75 s).
        public var idleTimeout: Duration
        /// How old a connection gets before it takes no more calls, so that new identities, new trust and new addresses come
        /// into use. Positive; 10 min unless said otherwise. Each connection lives up to 10 % less, by chance, lest all be
        /// opened anew at once.
        public var maximumAge: Duration
        /// How often the other end of an HTTP/2 connection with calls is asked whether it is still there (PING), and after how
        /// long a silence that of any TCP connection (TCP keep-alive, in whole seconds). Positive; 30 s unless said otherwise.
        public var keepAliveInterval: Duration
        /// How long it may take to answer that; TCP asks three times before it gives up. Positive; 10 s unless said otherwise.
        public var keepAliveTimeout: Duration
        /// How long a body waits for `100 Continue` if the request expects it. Positive; 1 s unless said otherwise (RFC 9110,
        /// 10.1.1 leaves it open; curl waits as long).
        public var continueTimeout: Duration
        /// How many bytes of a response are read ahead of the caller. Positive; 64 KiB unless said otherwise.
        public var responseBufferSize: Int
        /// Up to how many bytes of a response that nobody wants are read to save its connection, for at most a second. Not
        /// negative; 64 KiB unless said otherwise.
        public var dropLimit: Int
        /// How many bytes the head of a response may have. Positive; 64 KiB unless said otherwise (Envoy: 60 KiB).
        public var maximumHeadSize: Int
        /// How many fields the head of a response may have. Positive; 256 unless said otherwise (Envoy: 100).
        public var maximumFieldCount: Int
        /// The event loops for connections. The process's own unless said otherwise.
        public var eventLoopGroup: any EventLoopGroup
        /// Resolves the host names of endpoints; `nil` for the system's own way.
        var makeResolver: (@Sendable (any EventLoop) -> any Resolver & Sendable)?
        /// Told of every connection that opens, fails or closes, on its event loop. Must not block.
        public var onEvent: (@Sendable (ConnectionEvent) -> Void)?

        /// Creates a configuration.
        ///
        /// - Precondition: Every number is in its range.
        public init(
            tls: ClientTLS? = nil,
            protocols: Protocols = .automatic,
            connectTimeout: Duration = .seconds(1),
            waitTimeout: Duration = .seconds(1),
            maximumConnectionsPerEndpoint: Int = 1024,
            minimumConnectionsPerEndpoint: Int = 0,
            maximumWaitersPerEndpoint: Int = 1024,
            idleTimeout: Duration = .seconds(60),
            maximumAge: Duration = .seconds(600),
            keepAliveInterval: Duration = .seconds(30),
            keepAliveTimeout: Duration = .seconds(10),
            continueTimeout: Duration = .seconds(1),
            responseBufferSize: Int = 64 * 1024,
            dropLimit: Int = 64 * 1024,
            maximumHeadSize: Int = 64 * 1024,
            maximumFieldCount: Int = 256,
            eventLoopGroup: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton,
            onEvent: (@Sendable (ConnectionEvent) -> Void)? = nil
        ) {
            self.tls = tls
            self.protocols = protocols
            self.connectTimeout = connectTimeout
            self.waitTimeout = waitTimeout
            self.maximumConnectionsPerEndpoint = maximumConnectionsPerEndpoint
            self.minimumConnectionsPerEndpoint = minimumConnectionsPerEndpoint
            self.maximumWaitersPerEndpoint = maximumWaitersPerEndpoint
            self.idleTimeout = idleTimeout
            self.maximumAge = maximumAge
            self.keepAliveInterval = keepAliveInterval
            self.keepAliveTimeout = keepAliveTimeout
            self.continueTimeout = continueTimeout
            self.responseBufferSize = responseBufferSize
            self.dropLimit = dropLimit
            self.maximumHeadSize = maximumHeadSize
            self.maximumFieldCount = maximumFieldCount
            self.eventLoopGroup = eventLoopGroup
            self.onEvent = onEvent
            check()
        }

        func check() {
            func positive(_ value: some Comparable & ExpressibleByIntegerLiteral, _ name: String) {
                precondition(value > 0, "\(name) is not positive: \(value)")
            }
            func positive(_ value: Duration, _ name: String) {
                precondition(value > .zero, "\(name) is not positive: \(value)")
            }
            positive(connectTimeout, "connectTimeout")
            positive(waitTimeout, "waitTimeout")
            positive(maximumConnectionsPerEndpoint, "maximumConnectionsPerEndpoint")
            precondition(minimumConnectionsPerEndpoint >= 0, "minimumConnectionsPerEndpoint is negative")
            precondition(
                minimumConnectionsPerEndpoint <= maximumConnectionsPerEndpoint,
                "minimumConnectionsPerEndpoint is above maximumConnectionsPerEndpoint"
            )
            precondition(maximumWaitersPerEndpoint >= 0, "maximumWaitersPerEndpoint is negative")
            positive(idleTimeout, "idleTimeout")
            positive(maximumAge, "maximumAge")
            positive(keepAliveInterval, "keepAliveInterval")
            positive(keepAliveTimeout, "keepAliveTimeout")
            positive(continueTimeout, "continueTimeout")
            positive(responseBufferSize, "responseBufferSize")
            precondition(dropLimit >= 0, "dropLimit is negative: \(dropLimit)")
            positive(maximumHeadSize, "maximumHeadSize")
            positive(maximumFieldCount, "maximumFieldCount")
        }
    }
}
#endif
