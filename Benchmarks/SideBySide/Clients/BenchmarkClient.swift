#if AsyncHTTPClient
/// A client under test.
protocol BenchmarkClient: Sendable {
    /// One GET: status 200, and the whole body read. Anything else throws.
    func get() async throws

    func shutdown() async throws
}

/// What the client is up against.
struct Load: Sendable {
    /// `HOST:PORT` of the backend.
    let backend: String
    /// Calls that are under way at any time. No client may hold calls back below this number.
    let inFlight: Int
}

/// The clients that can be compared. To add one, conform it to ``BenchmarkClient`` and give it a line here.
struct ClientKind: Sendable {
    let name: String
    let start: @Sendable (Load) throws -> any BenchmarkClient

    static let all = [
        ClientKind(name: "ahc", start: BareAsyncHTTPClient.init),
        ClientKind(name: "mesh-ahc", start: MeshOverAsyncHTTPClient.init),
        ClientKind(name: "mesh-native", start: MeshNative.init),
    ]

    static func named(_ name: String) -> ClientKind? {
        all.first { $0.name == name }
    }
}

/// The backend answered, but not as it should.
struct UnexpectedStatus: Error {
    let code: UInt
}
#endif
