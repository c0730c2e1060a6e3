#if Transport
import MeshCore
import MeshTLS
import NIOCore
import NIOPosix

/// The configuration of a transport in the terms of what it is made of.
struct TransportSettings: Sendable {
    private let configuration: NativeTransport.Configuration
    private let random = RandomSource()
    private let backoff = Backoff(base: .milliseconds(100), maximum: .seconds(30))

    let connectTimeout: TimeAmount
    let waitTimeout: TimeAmount
    let continueTimeout: TimeAmount
    let keepAliveInterval: TimeAmount
    let keepAliveTimeout: TimeAmount
    let keepAliveProbes: KeepAliveProbes
    let responseLimits: ResponseParser.Limits

    init(_ configuration: NativeTransport.Configuration) {
        configuration.check()
        self.configuration = configuration
        connectTimeout = TimeAmount(configuration.connectTimeout)
        waitTimeout = TimeAmount(configuration.waitTimeout)
        continueTimeout = TimeAmount(configuration.continueTimeout)
        keepAliveInterval = TimeAmount(configuration.keepAliveInterval)
        keepAliveTimeout = TimeAmount(configuration.keepAliveTimeout)
        keepAliveProbes = KeepAliveProbes(
            interval: configuration.keepAliveInterval,
            timeout: configuration.keepAliveTimeout
        )
        responseLimits = ResponseParser.Limits(
            headBytes: configuration.maximumHeadSize,
            // HTTPFields holds no more.
            fieldCount: min(configuration.maximumFieldCount, Int(UInt16.max) - 1)
        )
    }

    var security: ClientTLS? { configuration.tls }
    var responseBufferSize: Int { configuration.responseBufferSize }
    var dropLimit: Int { configuration.dropLimit }
    var minimumConnectionsPerEndpoint: Int { configuration.minimumConnectionsPerEndpoint }
    var maximumConnectionsPerEndpoint: Int { configuration.maximumConnectionsPerEndpoint }

    func report(_ event: ConnectionEvent) { configuration.onEvent?(event) }

    // MARK: Protocols

    var plaintextProtocol: HTTPVersion { configuration.protocols == .http2 ? .http2 : .http1 }

    var applicationProtocols: [String] {
        switch configuration.protocols {
        case .automatic: ["h2", "http/1.1"]
        case .http1: ["http/1.1"]
        case .http2: ["h2"]
        }
    }

    /// What was agreed on in a handshake. A server that does not negotiate speaks HTTP/1.1.
    func protocolNegotiated(_ name: String?) throws(ProtocolError) -> HTTPVersion {
        switch (name, configuration.protocols) {
        case ("h2", .automatic), ("h2", .http2): return .http2
        case ("http/1.1", .automatic), ("http/1.1", .http1), (nil, .automatic), (nil, .http1): return .http1
        default: throw ProtocolError(negotiated: name, offered: applicationProtocols)
        }
    }

    /// What is known about how exchanges share connections before the first one is open.
    var sharing: PoolState<Connection, Exchange>.Sharing {
        switch configuration.protocols {
        case .http1: .exclusive
        case .http2: .shared
        case .automatic: configuration.tls == nil ? .exclusive : .unknown
        }
    }

    // MARK: Requests

    func check(_ scheme: String?, _ endpoint: Endpoint) throws(InvalidRequestError) {
        guard configuration.tls == nil else {
            guard scheme == nil || scheme == "https" || scheme == "http" else { throw .scheme(scheme ?? "") }
            return
        }
        guard endpoint.expectedIdentity == nil else { throw .identityWithoutTLS }
        guard scheme == nil || scheme == "http" else { throw .scheme(scheme ?? "") }
    }

    func key(for endpoint: Endpoint, authority: String) -> PoolKey {
        guard configuration.tls != nil else {
            return PoolKey(address: endpoint.address, expectedIdentity: nil, serverName: nil)
        }
        return PoolKey(
            address: endpoint.address,
            expectedIdentity: endpoint.expectedIdentity,
            serverName: Self.host(of: authority)
        )
    }

    /// The authority without its port, in lower case.
    private static func host(of authority: String) -> String {
        if authority.utf8.first == UInt8(ascii: "["), let end = authority.utf8.firstIndex(of: UInt8(ascii: "]")) {
            return authority[authority.utf8.index(after: authority.startIndex)..<end].lowercased()
        }
        guard let colon = authority.utf8.lastIndex(of: UInt8(ascii: ":")) else { return authority.lowercased() }
        return authority[..<colon].lowercased()
    }

    // MARK: Connections

    func makeResolver(on loop: any EventLoop) -> (any Resolver & Sendable)? { configuration.makeResolver?(loop) }

    func poolLimits(of share: Lane.Share) -> PoolState<Connection, Exchange>.Limits {
        PoolState.Limits(
            maximumConnections: share.of(configuration.maximumConnectionsPerEndpoint),
            maximumWaiters: share.of(configuration.maximumWaitersPerEndpoint),
            minimumConnections: share.of(configuration.minimumConnectionsPerEndpoint),
            idleTimeout: TimeAmount(configuration.idleTimeout)
        )
    }

    func expiry(from now: NIODeadline) -> NIODeadline {
        let age = TimeAmount(configuration.maximumAge).nanoseconds
        let less = age / 1000 * Int64(random.next() % 101)
        return now + .nanoseconds(age - less)
    }

    var sweepInterval: TimeAmount {
        let shortest = min(configuration.idleTimeout, configuration.maximumAge)
        return max(TimeAmount(shortest / 4), .milliseconds(10))
    }

    func reconnectDelay(attempt: Int) -> TimeAmount {
        var draws = random.makeGenerator()
        return TimeAmount(backoff.wait(beforeRetry: attempt, using: &draws))
    }
}

/// The endpoint agreed to no protocol that the transport speaks.
struct ProtocolError: Error, CustomStringConvertible {
    let negotiated: String?
    let offered: [String]

    var description: String {
        "the endpoint chose \(negotiated.map { "\"\($0)\"" } ?? "no protocol"), offered were \(offered.joined(separator: ", "))"
    }
}
#endif
