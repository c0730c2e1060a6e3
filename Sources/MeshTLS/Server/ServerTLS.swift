#if TLS
public import MeshCore
public import NIOCore
public import NIOSSL

/// The server's half of TLS in the mesh: every client has to prove who it is.
///
/// ```swift
/// let tls = ServerTLS(credentials)
/// …
/// let handshake = try tls.makeHandshake(applicationProtocols: ["h2", "http/1.1"])
/// try handshake.install(on: channel)
/// ```
///
/// A client without a certificate is refused, and so is one whose certificate is not an X509-SVID of a trust domain that
/// there is a bundle for. What a client that has proved who it is may do is another question: ``AuthorizationPolicy``.
///
/// **Sessions.** A client that resumes a session does not show its certificate again. Each handshake that is made here has a
/// context of its own, which no ticket of another opens, so every connection is verified anew.
///
/// **Cost.** In a debug build making a handshake takes 60 us, and verifying a chain of two P-256 certificates 0.7 ms, off the
/// event loop.
public final class ServerTLS: Sendable {
    /// What can be chosen.
    public struct Configuration: Hashable, Sendable {
        /// The oldest version of TLS that is accepted; ``MinimumTLSVersion/tls13`` by default.
        public var minimumVersion: MinimumTLSVersion
        /// Who may connect; `nil`, the default, lets in every workload of a trust domain that there is a bundle for. A DNS
        /// name is no identity of a client.
        public var expectedIdentity: ExpectedIdentity?
        /// How long a connection may take over its handshake, from ``ServerHandshake/install(on:)`` on, before it is closed;
        /// 10 s by default. A client that says nothing holds a connection for no longer.
        public var handshakeTimeout: Duration {
            didSet { precondition(handshakeTimeout > .zero, "the time for a handshake must be positive") }
        }

        /// Creates a configuration.
        ///
        /// - Precondition: The time is positive.
        public init(
            minimumVersion: MinimumTLSVersion = .tls13,
            expectedIdentity: ExpectedIdentity? = nil,
            handshakeTimeout: Duration = .seconds(10)
        ) {
            precondition(handshakeTimeout > .zero, "the time for a handshake must be positive")
            self.minimumVersion = minimumVersion
            self.expectedIdentity = expectedIdentity
            self.handshakeTimeout = handshakeTimeout
        }
    }

    /// Who we are and whom we trust.
    public let credentials: TLSCredentials
    /// What was chosen.
    public let configuration: Configuration
    private let expectation: PeerExpectation

    /// Creates the server's half. The credentials must be started; they may be shared.
    ///
    /// - Throws: ``TLSError`` if the expected identity cannot be read, or is a DNS name.
    public init(
        _ credentials: TLSCredentials,
        configuration: Configuration = Configuration()
    ) throws(TLSError) {
        self.credentials = credentials
        self.configuration = configuration
        expectation = try configuration.expectedIdentity.map(PeerExpectation.init) ?? .anyTrusted
        switch expectation {
        case .hostName, .address: throw TLSError(.invalidExpectation, "a client is not known by a DNS name")
        default: break
        }
    }

    /// Makes a handshake for one accepted connection. Call it on the connection's event loop; it does not block.
    ///
    /// - Parameter applicationProtocols: The protocols to accept (ALPN), best first: `h2`, `http/1.1`.
    /// - Throws: ``TLSError`` while there is no identity or bundle.
    public func makeHandshake(applicationProtocols: [String]) throws -> ServerHandshake {
        let snapshot = try credentials.snapshot()
        do {
            return ServerHandshake(
                context: try NIOSSLContext(configuration: configuration(snapshot, applicationProtocols)),
                timeout: TimeAmount(configuration.handshakeTimeout),
                credentials: credentials,
                // Not with the bundles of now: a client may be slow, and a root withdrawn meanwhile.
                verifier: { try self.verifier(self.credentials.snapshot()) }
            )
        } catch {
            throw TLSError(.invalidConfiguration, "a handshake cannot be set up: \(error)")
        }
    }

    /// A configuration for a server that makes its TLS handlers itself. Use it with ``verificationCallback``: there are no
    /// roots in it, so that without the callback every client is refused.
    ///
    /// The identity is looked up for each handshake, so a new one counts from the next connection on. Since all connections
    /// share a context, a client may resume a session for up to two days, without being verified again: prefer
    /// ``makeHandshake(applicationProtocols:)`` where the server allows it.
    ///
    /// - Throws: ``TLSError`` while there is no identity or bundle.
    public func makeConfiguration(applicationProtocols: [String]) throws -> TLSConfiguration {
        var tls = try configuration(credentials.snapshot(), applicationProtocols)
        tls.sslContextCallback = { [credentials] _, promise in
            promise.completeWith(
                Result {
                    let identity = try credentials.snapshot().identity
                    var override = NIOSSLContextConfigurationOverride()
                    override.certificateChain = identity?.chainSources
                    override.privateKey = identity?.keySource
                    return override
                }
            )
        }
        return tls
    }

    /// Verifies the clients of a server that makes its TLS handlers itself, with the bundles in force at that moment. A
    /// refusal is reported as ``TLSEvent/peerRefused(_:)``.
    public var verificationCallback: @Sendable ([NIOSSLCertificate], EventLoopPromise<NIOSSLVerificationResult>) -> Void
    {
        { [self] chain, promise in
            promise.completeWithTask {
                do {
                    _ = try await self.verify(chain)
                    return .certificateVerified
                } catch is PeerVerificationError {
                    return .failed
                }
            }
        }
    }

    /// Verifies the certificates that a client has shown, with the bundles in force at that moment: for a server that makes its
    /// TLS handlers itself and takes a verification callback of another form than ``verificationCallback``, as that of gRPC.
    ///
    /// Certificates can be shown by anybody: who the client is stands only once the handshake is over, in which it proves that it
    /// has the key. Does not touch the event loop; 0.7 ms for a chain of two P-256 certificates in a debug build.
    ///
    /// - Parameter chain: What the client has shown, the leaf first.
    /// - Returns: Who the client is, if it has the key of the leaf.
    /// - Throws: ``PeerVerificationError``, which is also reported as ``TLSEvent/peerRefused(_:)``, or ``TLSError`` while there is
    ///   no identity or bundle.
    public func verify(_ chain: [NIOSSLCertificate]) async throws -> PeerIdentity {
        switch await verifier(try credentials.snapshot()).verify(chain) {
        case .success(let peer):
            return peer
        case .failure(let error):
            credentials.report(.peerRefused(error))
            throw error
        }
    }

    private func verifier(_ snapshot: TLSCredentials.Snapshot) -> PeerVerifier {
        PeerVerifier(anchors: snapshot.anchors, role: .client, expectation: expectation)
    }

    private func configuration(
        _ snapshot: TLSCredentials.Snapshot,
        _ protocols: [String]
    ) throws(TLSError) -> TLSConfiguration {
        guard let identity = snapshot.identity else {
            throw TLSError(.noIdentity, "a server needs an identity, and its credentials have no source of one")
        }
        var tls = TLSConfiguration.makeServerConfiguration(
            certificateChain: identity.chainSources,
            privateKey: identity.keySource
        )
        tls.applyMeshDefaults(
            minimumVersion: configuration.minimumVersion,
            identity: identity,
            applicationProtocols: protocols
        )
        return tls
    }
}
#endif
