#if TLS
import NIOSSL

extension TLSError {
    /// What an error of NIOSSL's means; `nil` for an error that is not one of a handshake.
    init?(handshake error: any Error) {
        let stack: [BoringSSLInternalError]
        let isHandshake: Bool
        switch error {
        case NIOSSLError.handshakeFailed(.sslError(let errors)): (stack, isHandshake) = (errors, true)
        case NIOSSLError.handshakeFailed(let error):
            self.init(.handshakeFailed, "the TLS handshake failed: \(error)")
            return
        case BoringSSLError.sslError(let errors): (stack, isHandshake) = (errors, false)
        default: return nil
        }
        let text = stack.map { Self.reason(in: $0.description) }.joined(separator: "; ")
        // Alerts come with their names only: BoringSSL's codes are not public in NIOSSL.
        let refusals = [
            "ALERT_BAD_CERTIFICATE", "ALERT_CERTIFICATE", "ALERT_UNKNOWN_CA", "ALERT_ACCESS_DENIED",
            "ALERT_UNSUPPORTED_CERTIFICATE", "ALERT_NO_CERTIFICATE",
        ]
        if refusals.contains(where: { text.contains($0) }) {
            self.init(.refusedByPeer, "the peer refused our certificate, or the lack of one: \(text)")
        } else if isHandshake {
            self.init(.handshakeFailed, "the TLS handshake failed: \(text)")
        } else {
            return nil
        }
    }

    /// The part of a description of BoringSSL's that says something: without its numbers and places in its source.
    private static func reason(in description: String) -> String {
        let words = description.split(separator: " ")
        return words.first { $0.contains("OPENSSL_internal:") }
            .map { String($0.split(separator: ":").last ?? $0) } ?? description
    }
}
#endif
