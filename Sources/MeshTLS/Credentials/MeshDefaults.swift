#if TLS
import NIOSSL

/// The oldest version of TLS that is accepted.
public enum MinimumTLSVersion: Hashable, Sendable {
    /// TLS 1.3 only: the default.
    case tls13
    /// TLS 1.2 and 1.3, for peers that cannot do better. Only ciphers with forward secrecy and authentication.
    case tls12
}

extension TLSConfiguration {
    /// What clients and servers have in common. There are no roots in it: BoringSSL's own verification, should it ever run,
    /// refuses everybody.
    mutating func applyMeshDefaults(
        minimumVersion: MinimumTLSVersion,
        identity: TLSIdentity?,
        applicationProtocols: [String]
    ) {
        minimumTLSVersion = minimumVersion == .tls13 ? .tlsv13 : .tlsv12
        cipherSuites = "ECDHE+AESGCM:ECDHE+CHACHA20:!aNULL"
        // The hybrid with ML-KEM first: what is recorded today stays secret from tomorrow's quantum computers.
        curves = [.x25519_MLKEM768, .x25519, .secp256r1, .secp384r1]
        certificateVerification = .noHostnameVerification
        trustRoots = .certificates([])
        certificateChain = identity?.chainSources ?? []
        privateKey = identity?.keySource
        self.applicationProtocols = applicationProtocols
    }
}
#endif
