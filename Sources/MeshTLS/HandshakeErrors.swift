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
        let text = stack.map(\.description).joined(separator: "; ")
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
}
#endif
