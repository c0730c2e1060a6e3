#if AsyncHTTPClient
public import AsyncHTTPClient
public import MeshTLS
public import NIOCore

extension AsyncHTTPClientTransport {
    /// How the transport connects.
    ///
    /// ``base`` is taken as it is, but for what the mesh has to own:
    ///
    /// | setting | value | why |
    /// |---|---|---|
    /// | `redirectConfiguration` | `.disallow` | a redirect followed below the balancer bypasses it |
    /// | `connectionPool.retryConnectionEstablishment` | `false` | else a refused connection is hidden until the connect timeout |
    /// | `connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit` | ``maximumConnectionsPerEndpoint`` | at its default of 8, calls queue where nobody sees them |
    /// | `timeout.connect` | ``connectTimeout`` | the default is 10 s |
    /// | `tracing.tracer` | `nil` | the mesh propagates the context; twice would be a header twice |
    /// | `dnsOverride` | the endpoint | the way to keep the logical name with TLS |
    /// | `tlsConfiguration` | from ``tls``, if there is one | the roots are those of the expected identity alone |
    public struct Configuration: Sendable {
        /// TLS, timeouts, decompression, proxy and so on.
        public var base: HTTPClient.Configuration
        /// Who we are, whom we trust and whom to expect, for requests with `https`; `nil`, the default, leaves that to
        /// ``base``, and refuses requests to endpoints that expect a SPIFFE identity, or a DNS name that ``base`` would not
        /// verify. The credentials must be started. Where somebody is expected, by an endpoint or here, a request without
        /// `https` is refused.
        ///
        /// BoringSSL verifies the chain of the endpoint, to the roots of the expected trust domain (or those for host
        /// names) alone; the leaf is verified by MeshTLS before a request is sent: see `LeafVerification`.
        public var tls: ClientTLS?
        /// How long it may take to get a connection, TLS handshake included. Positive; 1 second unless said otherwise.
        public var connectTimeout: Duration
        /// How many HTTP/1.1 connections an endpoint may get; further calls wait for one, at most as long as
        /// ``connectTimeout``. Positive; 1024 unless said otherwise, because it is for the mesh's own limits to queue.
        public var maximumConnectionsPerEndpoint: Int
        /// How many bytes of a response are read ahead of the caller. Positive; 64 KiB unless said otherwise.
        public var responseBufferSize: Int
        /// Up to how many bytes of a response that nobody wants are read to save its connection, for at most a second.
        /// Not negative; 64 KiB unless said otherwise.
        public var drainLimit: Int
        /// The event loops for connections; an endpoint begins with one, and uses more when it is busy. Those of
        /// AsyncHTTPClient unless said otherwise.
        public var eventLoopGroup: any EventLoopGroup

        /// Creates a configuration.
        ///
        /// - Precondition: Every number is in its range.
        public init(
            base: HTTPClient.Configuration = HTTPClient.Configuration(),
            tls: ClientTLS? = nil,
            connectTimeout: Duration = .seconds(1),
            maximumConnectionsPerEndpoint: Int = 1024,
            responseBufferSize: Int = 64 * 1024,
            drainLimit: Int = 64 * 1024,
            eventLoopGroup: any EventLoopGroup = HTTPClient.defaultEventLoopGroup
        ) {
            self.base = base
            self.tls = tls
            self.connectTimeout = connectTimeout
            self.maximumConnectionsPerEndpoint = maximumConnectionsPerEndpoint
            self.responseBufferSize = responseBufferSize
            self.drainLimit = drainLimit
            self.eventLoopGroup = eventLoopGroup
            check()
        }

        private func check() {
            precondition(connectTimeout > .zero, "connectTimeout is not positive: \(connectTimeout)")
            precondition(
                maximumConnectionsPerEndpoint > 0,
                "maximumConnectionsPerEndpoint is not positive: \(maximumConnectionsPerEndpoint)"
            )
            precondition(responseBufferSize > 0, "responseBufferSize is not positive: \(responseBufferSize)")
            precondition(drainLimit >= 0, "drainLimit is negative: \(drainLimit)")
        }

        /// The configuration of the client of any endpoint.
        var client: HTTPClient.Configuration {
            check()
            var client = base
            client.redirectConfiguration = .disallow
            client.connectionPool.retryConnectionEstablishment = false
            client.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = maximumConnectionsPerEndpoint
            client.timeout.connect = TimeAmount(connectTimeout)
            client.tracing.tracer = nil
            return client
        }

        var limits: Exchange.Limits {
            Exchange.Limits(responseBuffer: responseBufferSize, drain: drainLimit, drainTime: .seconds(1))
        }
    }
}
#endif
