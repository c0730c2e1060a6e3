#if Transport
import Crypto
import Foundation
import MeshCore
import MeshTLS
import Synchronization
import X509

/// The credentials of a client and a server, whose certificates and root are replaced now and then.
final class RotatingSides: Sendable {
    let expected = ExpectedIdentity.spiffeID("spiffe://soak.example/server")
    let client: TLSCredentials
    let server: TLSCredentials
    private let clientIdentity: Feed<TLSIdentity>
    private let serverIdentity: Feed<TLSIdentity>
    private let trust: [Feed<[TrustBundle]>]
    private let root: Mutex<Root>

    init() async throws {
        let root = try Root()
        self.root = Mutex(root)
        clientIdentity = Feed(try root.issue("spiffe://soak.example/client"))
        serverIdentity = Feed(try root.issue("spiffe://soak.example/server"))
        trust = [Feed([try Root.bundle(root)]), Feed([try Root.bundle(root)])]
        client = TLSCredentials(identity: clientIdentity, trust: [trust[0]])
        server = TLSCredentials(identity: serverIdentity, trust: [trust[1]])
        for side in [client, server] {
            side.start()
            try await side.ready()
        }
    }

    /// Replaces everything each time that `period` has passed: first both roots are trusted, then both sides have certificates
    /// of the new one, and a while later only that is trusted.
    ///
    /// - Returns: How often, when the task is cancelled.
    func rotate(every period: Duration) async -> Int {
        var count = 0
        do {
            while true {
                try await Task.sleep(for: period)
                let next = try Root()
                let old = root.withLock { $0 }
                for feed in trust { feed.set([try Root.bundle(old, next)]) }
                serverIdentity.set(try next.issue("spiffe://soak.example/server"))
                clientIdentity.set(try next.issue("spiffe://soak.example/client"))
                root.withLock { $0 = next }
                count += 1
                // Handshakes with the old ones end meanwhile.
                try await Task.sleep(for: min(.seconds(5), period / 2))
                for feed in trust { feed.set([try Root.bundle(next)]) }
            }
        } catch {
            if !(error is CancellationError) { print("rotation: \(error)") }
        }
        return count
    }

    func shutdown() async {
        await client.shutdown()
        await server.shutdown()
    }
}

private struct Root: Sendable {
    private let certificate: Certificate
    private let key = Certificate.PrivateKey(P256.Signing.PrivateKey())

    init() throws {
        let name = try DistinguishedName { CommonName("soak") }
        certificate = try Certificate(
            version: .v3,
            serialNumber: Certificate.SerialNumber(),
            publicKey: key.publicKey,
            notValidBefore: Date() - 3600,
            notValidAfter: Date() + 86_400,
            issuer: name,
            subject: name,
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
                Critical(KeyUsage(keyCertSign: true, cRLSign: true))
            },
            issuerPrivateKey: key
        )
    }

    static func bundle(_ roots: Root...) throws -> TrustBundle {
        try TrustBundle(.trustDomain("soak.example"), roots: roots.map(\.certificate))
    }

    func issue(_ id: String) throws -> TLSIdentity {
        let leaf = Certificate.PrivateKey(P256.Signing.PrivateKey())
        let certificate = try Certificate(
            version: .v3,
            serialNumber: Certificate.SerialNumber(),
            publicKey: leaf.publicKey,
            notValidBefore: Date() - 60,
            notValidAfter: Date() + 3600 * 24,
            issuer: self.certificate.subject,
            subject: try DistinguishedName { CommonName("soak") },
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.notCertificateAuthority)
                Critical(KeyUsage(digitalSignature: true))
                try ExtendedKeyUsage([.serverAuth, .clientAuth])
                SubjectAlternativeNames([.uniformResourceIdentifier(id)])
            },
            issuerPrivateKey: key
        )
        return try TLSIdentity(certificateChain: [certificate], privateKey: leaf)
    }
}

/// A source that delivers what it is given, when it is given it.
private final class Feed<Value: Sendable>: Sendable {
    private struct State {
        var deliver: (@Sendable (Result<Value, any Error>) -> Void)?
        var last: Value
    }

    private let state: Mutex<State>

    init(_ value: Value) {
        state = Mutex(State(last: value))
    }

    func set(_ value: Value) {
        let deliver = state.withLock { state in
            state.last = value
            return state.deliver
        }
        deliver?(.success(value))
    }

    func run(_ deliver: @escaping @Sendable (Result<Value, any Error>) -> Void) async {
        let last = state.withLock { state in
            state.deliver = deliver
            return state.last
        }
        deliver(.success(last))
    }
}

extension Feed: IdentitySource where Value == TLSIdentity {}
extension Feed: TrustSource where Value == [TrustBundle] {}
#endif
