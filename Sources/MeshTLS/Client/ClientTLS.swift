#if TLS
public import MeshCore
import NIOCore
import NIOSSL

/// The client's half of TLS in the mesh: makes a handshake that ends well only if the peer is who the endpoint should be.
///
/// ```swift
/// let tls = ClientTLS(credentials)
/// …
/// let handshake = try tls.makeHandshake(
///     with: endpoint, serverName: "users.prod", applicationProtocols: ["h2", "http/1.1"]
/// )
/// try handshake.install(on: channel)
/// ```
///
/// **Defaults.** TLS 1.3 alone, X25519 with ML-KEM-768 first, no session is resumed, and there is no switch that turns
/// verification off.
///
/// **Whom a peer must prove to be** is, in this order: `Endpoint.expectedIdentity`, ``Configuration/expectedIdentity``, the
/// server name. With none of them there is no handshake. A SPIFFE ID is vouched for by the bundle of its trust domain, a
/// name by the bundle for host names.
///
/// **Cost.** In a debug build making a handshake takes 25 us, and verifying a chain of two P-256 certificates 0.7 ms, off the
/// event loop. Identity and protocols share a context between connections.
public final class ClientTLS: Sendable {
    /// What can be chosen.
    public struct Configuration: Hashable, Sendable {
        /// The oldest version of TLS that is accepted; ``MinimumTLSVersion/tls13`` by default.
        public var minimumVersion: MinimumTLSVersion
        /// Whom endpoints must prove to be that do not say so themselves; `nil`, the default, leaves it to the server name.
        public var expectedIdentity: ExpectedIdentity?

        /// Creates a configuration.
        public init(minimumVersion: MinimumTLSVersion = .tls13, expectedIdentity: ExpectedIdentity? = nil) {
            self.minimumVersion = minimumVersion
            self.expectedIdentity = expectedIdentity
        }
    }

    /// Who we are and whom we trust.
    public let credentials: TLSCredentials
    /// What was chosen.
    public let configuration: Configuration
    private let contexts = ContextCache()

    /// Creates the client's half. The credentials must be started; they may be shared.
    public init(_ credentials: TLSCredentials, configuration: Configuration = Configuration()) {
        self.credentials = credentials
        self.configuration = configuration
    }

    /// Makes a handshake for one connection to `endpoint`. Call it on the connection's event loop; it does not block.
    ///
    /// - Parameters:
    ///   - endpoint: Who is connected to.
    ///   - serverName: The name of the server as the caller knows it. Sent to the server (SNI) if it is a host name, and not
    ///     if it is an IP address. Where a DNS name is expected, that one is sent: the server chooses its certificate by it.
    ///   - applicationProtocols: The protocols to offer (ALPN), best first: `h2`, `http/1.1`.
    /// - Throws: ``TLSError`` if nothing says whom to expect, or there is no identity or bundle yet.
    public func makeHandshake(
        with endpoint: Endpoint,
        serverName: String?,
        applicationProtocols: [String]
    ) throws -> ClientHandshake {
        let expectation = try expectation(of: endpoint, serverName: serverName)
        let snapshot = try credentials.snapshot()
        do {
            return try ClientHandshake(
                context: context(snapshot, applicationProtocols),
                serverName: Self.sentName(serverName, expectation),
                verifier: PeerVerifier(anchors: snapshot.anchors, role: .server, expectation: expectation),
                credentials: credentials
            )
        } catch {
            throw TLSError(.invalidConfiguration, "the handshake with \(endpoint.address) cannot be set up: \(error)")
        }
    }

    func expectation(of endpoint: Endpoint, serverName: String?) throws(TLSError) -> PeerExpectation {
        if let expected = endpoint.expectedIdentity ?? configuration.expectedIdentity {
            return try PeerExpectation(expected)
        }
        guard let serverName, !serverName.isEmpty else {
            throw TLSError(
                .noExpectation,
                "nothing says who \(endpoint.address) should be: there is neither an expected identity nor a server name"
            )
        }
        return PeerExpectation(host: serverName)
    }

    static func sentName(_ serverName: String?, _ expectation: PeerExpectation) -> String? {
        if case .hostName(let name) = expectation { return name }
        guard let serverName, !serverName.isEmpty, case .hostName(let name) = PeerExpectation(host: serverName) else {
            return nil
        }
        return name
    }

    private func context(_ snapshot: TLSCredentials.Snapshot, _ protocols: [String]) throws -> NIOSSLContext {
        try contexts.context(generation: snapshot.generation, protocols: protocols) {
            var tls = TLSConfiguration.makeClientConfiguration()
            tls.applyMeshDefaults(
                minimumVersion: configuration.minimumVersion,
                identity: snapshot.identity,
                applicationProtocols: protocols
            )
            return try NIOSSLContext(configuration: tls)
        }
    }
}
#endif
