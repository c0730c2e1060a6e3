#if TLS
public import MeshCore
import NIOCore
public import NIOSSL
import Synchronization
import X509

/// The client's half of TLS for a library that makes its handlers itself and takes no verification callback, as
/// AsyncHTTPClient: what it connects with, and what is left to verify when a handshake is over.
///
/// | verified by | what |
/// |---|---|
/// | BoringSSL, in the handshake | the peer has the key of the leaf; a chain leads from it to a root, with signatures, dates, key usages and name constraints in order |
/// | ``verify(_:)``, before the first request | the leaf by the X509-SVID standard (or as a host's), its dates and usages, and that it is who was expected |
///
/// The roots that BoringSSL gets are those of the expected trust domain alone (or those for host names), so that no other
/// domain's authority vouches for a peer. BoringSSL wants every root to be signed by itself, and does not say what it found
/// wrong with a chain.
///
/// A new identity is shown from the next handshake on. New roots cannot be given to a context that exists: ask
/// ``isCurrent``, and make another verification when it says no.
public final class LeafVerification: Sendable {
    /// What to make contexts from. It demands a chain to a root and leaves the name to ``verify(_:)``: never use it alone.
    public let configuration: TLSConfiguration

    private let roots: [Certificate]
    private let verifier: PeerVerifier
    private let credentials: TLSCredentials
    private let generation: Atomic<Int>

    fileprivate init(
        _ expectation: PeerExpectation,
        _ tls: ClientTLS
    ) throws {
        credentials = tls.credentials
        let snapshot = try credentials.snapshot()
        verifier = PeerVerifier(anchors: snapshot.anchors, role: .server, expectation: expectation)
        // The number first: of bundles that arrive in between, it is too old, and they are looked at again.
        generation = Atomic(credentials.trustGeneration)
        roots = credentials.roots(for: expectation)

        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.applyMeshDefaults(
            minimumVersion: tls.configuration.minimumVersion,
            identity: nil,
            applicationProtocols: []
        )
        configuration.trustRoots = .certificates(try roots.map { try NIOSSLCertificate($0) })
        if snapshot.identity != nil {
            configuration.sslContextCallback = { [credentials] _, promise in
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
        }
        self.configuration = configuration
    }

    /// Whether the roots are still those in force. Cheap unless bundles have just changed.
    public var isCurrent: Bool {
        let now = credentials.trustGeneration
        guard now != generation.load(ordering: .acquiring) else { return true }
        // Most often it is the bundle of another trust domain that has changed.
        guard credentials.roots(for: verifier.expectation) == roots else { return false }
        generation.store(now, ordering: .releasing)
        return true
    }

    /// Verifies the leaf of a connection whose handshake is over. It parses one certificate and does not block.
    ///
    /// A refusal is reported as ``TLSEvent/peerRefused(_:)``. Whoever gets one closes the connection.
    ///
    /// - Parameter leaf: What the peer showed: `channel.pipeline.syncOperations.nioSSL_peerCertificate()`.
    /// - Throws: Why the peer is refused.
    public func verify(_ leaf: NIOSSLCertificate?) throws(PeerVerificationError) {
        do throws(PeerVerificationError) {
            try verifier.verify(leaf: leaf)
        } catch {
            credentials.report(.peerRefused(error))
            throw error
        }
    }

    /// What to tell the caller about an error that the library gave: a ``PeerVerificationError`` if BoringSSL refused the
    /// chain, a ``TLSError`` for other errors of TLS, and any other error as it is.
    public func error(for error: any Error) -> any Error {
        guard let failure = TLSError(handshake: error) else { return error }
        guard failure.code == .handshakeFailed, failure.detail.contains("CERTIFICATE_VERIFY_FAILED") else {
            return failure
        }
        let refusal =
            if roots.isEmpty {
                Refusal(.unknownTrustDomain, "there is no trust bundle for \(verifier.expectation)")
            } else {
                Refusal(
                    .unverifiedChain,
                    "no chain that is in order and in its time leads to a root of its trust bundle"
                )
            }
        let error = PeerVerificationError(refusal, expected: verifier.expectation)
        credentials.report(.peerRefused(error))
        return error
    }
}

extension ClientTLS {
    /// Prepares connections to `endpoint` for a library that makes its TLS handlers itself. Whom the peer must prove to be is
    /// decided as for ``makeHandshake(with:serverName:applicationProtocols:)``, which verifies more and says more: prefer it
    /// where the library allows it. Keep the result for all connections to the endpoint.
    ///
    /// - Throws: ``TLSError`` if nothing says whom to expect, or there is no identity or bundle yet.
    public func makeLeafVerification(
        of endpoint: Endpoint,
        serverName: String?
    ) throws(TLSError) -> LeafVerification {
        do {
            return try LeafVerification(try expectation(of: endpoint, serverName: serverName), self)
        } catch let error as TLSError {
            throw error
        } catch {
            throw TLSError(.invalidConfiguration, "the roots for \(endpoint.address) cannot be used: \(error)")
        }
    }
}

extension TLSCredentials {
    fileprivate func roots(for expectation: PeerExpectation) -> [Certificate] {
        bundles.filter { $0.scope == expectation.scope }.flatMap(\.roots)
    }
}
#endif
