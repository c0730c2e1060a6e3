#if AsyncHTTPClient && Transport
/// What a client needs at the other end.
enum BackendKind: Sendable, CaseIterable {
    /// One endpoint, HTTP/1.1 without TLS.
    case plain
    /// Three endpoints of the same server, for clients that balance.
    case threePlain
    /// One endpoint, HTTP/1.1 over TLS.
    case tls
    /// One endpoint, HTTP/1.1 over TLS, which asks the client for a certificate.
    case mtls
    /// One endpoint, HTTP/2 over TLS, agreed on by ALPN.
    case h2
}
#endif
