#if TLS
public import MeshCore
public import NIOCertificateReloading
import NIOSSL
import SwiftASN1
import X509

/// The identity of a `CertificateReloader` of swift-nio-extras, for programs that have one.
///
/// The reloader is asked about every ``RefreshPolicy/interval``; whoever made it runs it. Until it has loaded, it is asked
/// every ``RefreshPolicy/settling``, and fails when it has not after five looks. A key that it keeps in hardware is
/// taken on trust: whether it matches the certificate shows in the handshake.
public struct ReloaderIdentitySource: IdentitySource {
    private let reloader: any CertificateReloader
    private let schedule: RefreshSchedule
    private let clock: MeshClock
    private let random: RandomSource

    /// Creates a source.
    ///
    /// - Parameters:
    ///   - reloader: Gives certificates and key from memory; files that it names are not read.
    ///   - refresh: When it is asked.
    ///   - clock: What measures the time between two questions.
    ///   - random: Where the jitter comes from.
    public init(
        _ reloader: some CertificateReloader,
        refresh: RefreshPolicy = RefreshPolicy(),
        clock: MeshClock = .continuous,
        random: RandomSource = RandomSource()
    ) {
        self.reloader = reloader
        schedule = RefreshSchedule(policy: refresh)
        self.clock = clock
        self.random = random
    }

    /// How many looks a reloader gets to load what it should, each ``RefreshPolicy/settling`` after the other, before it counts
    /// as a failure that it has not.
    private static let patience = 5

    /// Asks the reloader until the task is cancelled.
    public func run(_ deliver: @escaping @Sendable (Result<TLSIdentity, any Error>) -> Void) async {
        var generator = random.makeGenerator()
        var last: Result<TLSIdentity, InvalidIdentityError>?
        var looks = 0
        while !Task.isCancelled {
            let identity = Self.identity(reloader.sslContextConfigurationOverride)
            looks += 1
            let isLoading = last == nil && looks <= Self.patience && (try? identity.get()) == nil
            if !isLoading, identity != last {
                last = identity
                deliver(identity.mapError { CredentialSourceError(source: "certificate reloader", reason: $0.reason) })
            }
            let pause = schedule.pause(
                isSettling: (try? identity.get()) == nil,
                validity: nil,
                now: WallTime.now(),
                using: &generator
            )
            do { try await clock.sleep(for: pause) } catch { return }
        }
    }

    static func identity(_ override: NIOSSLContextConfigurationOverride) -> Result<TLSIdentity, InvalidIdentityError> {
        do {
            let chain = try (override.certificateChain ?? []).map { source in
                guard case .certificate(let certificate) = source else {
                    throw InvalidIdentityError(reason: "the reloader names a file instead of giving a certificate")
                }
                return try Certificate(derEncoded: certificate.toDERBytes())
            }
            guard case .privateKey(let key) = override.privateKey else {
                throw InvalidIdentityError(reason: "the reloader has no private key in memory yet")
            }
            return .success(try TLSIdentity(chain, key: .privateKey(key), publicKey: publicKey(of: key)))
        } catch {
            return .failure(InvalidIdentityError(wrapping: error))
        }
    }

    /// `nil` for a key that does not leave its hardware. BoringSSL writes keys in the form of their algorithm, not in PKCS#8.
    private static func publicKey(of key: NIOSSLPrivateKey) -> Certificate.PublicKey? {
        guard let bytes = try? key.derBytes, !bytes.isEmpty else { return nil }
        for type in ["EC PRIVATE KEY", "RSA PRIVATE KEY", "PRIVATE KEY"] {
            if let key = try? Certificate.PrivateKey(pemDocument: PEMDocument(type: type, derBytes: bytes)) {
                return key.publicKey
            }
        }
        return nil
    }
}

extension IdentitySource where Self == ReloaderIdentitySource {
    /// The identity of a `CertificateReloader` of swift-nio-extras.
    public static func reloader(_ reloader: some CertificateReloader) -> Self { ReloaderIdentitySource(reloader) }
}
#endif
