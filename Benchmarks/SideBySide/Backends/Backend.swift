#if AsyncHTTPClient && Transport
/// A fast HTTP server that answers every request for a path alike: 14 bytes for `/`, 1 KiB for `/1k`.
protocol Backend: Sendable, CustomStringConvertible {
    /// Each `HOST:PORT`; empty if it has nothing of this kind.
    func addresses(for kind: BackendKind) -> [String]

    func stop()
}

/// The backend did not come up.
struct BackendFailed: Error, CustomStringConvertible {
    let description: String
}

/// The bodies that a backend serves.
enum Body {
    static let greeting = "Hello, world!\n"
    static let kibibyte = String(repeating: "0123456789abcdef", count: 64)
}
#endif
