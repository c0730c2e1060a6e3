#if AsyncHTTPClient && Transport
/// The clients that can be compared. To add one in Swift, conform it to ``BenchmarkClient`` and give it a line here.
struct ClientKind: Sendable {
    let name: String
    let backend: BackendKind
    let program: Program
    /// If its idle connections can be counted.
    var idle: (@Sendable (Load) throws -> any ConnectionHolder)?

    enum Program: Sendable {
        case swift(@Sendable (Load) async throws -> any BenchmarkClient)
        case swiftThroughEnvoy(@Sendable (Load) async throws -> any BenchmarkClient)
        case other(any PeerProgram.Type)
    }

    static let all = [
        ClientKind(name: "ahc", backend: .plain, program: .swift { BareAsyncHTTPClient($0) }),
        ClientKind(name: "mesh-ahc", backend: .threePlain, program: .swift { try MeshOverAsyncHTTPClient($0) }),
        ClientKind(
            name: "mesh-native",
            backend: .threePlain,
            program: .swift { try MeshNative($0) },
            idle: { try IdleMeshNative($0) }
        ),
        ClientKind(
            name: "mesh-native-loops",
            backend: .threePlain,
            program: .swift { try MeshNative.onEventLoops($0) }
        ),
        ClientKind(name: "ahc-tls", backend: .tls, program: .swift { try BareAsyncHTTPClient.tls($0) }),
        ClientKind(name: "mesh-native-mtls", backend: .mtls, program: .swift { try await MeshNative.mtls($0) }),
        ClientKind(name: "ahc-h2", backend: .h2, program: .swift { try BareAsyncHTTPClient.http2($0) }),
        ClientKind(name: "mesh-native-h2", backend: .h2, program: .swift { try await MeshNative.http2($0) }),
        ClientKind(name: "ahc-envoy", backend: .threePlain, program: .swiftThroughEnvoy { BareAsyncHTTPClient($0) }),
        ClientKind(name: "tower", backend: .threePlain, program: .other(TowerProgram.self)),
        ClientKind(name: "wrk", backend: .plain, program: .other(Wrk.self)),
    ]

    static func named(_ name: String) -> ClientKind? {
        all.first { $0.name == name }
    }

    /// Whether it can be asked for a number of calls a second.
    var keepsRates: Bool { start != nil }

    /// For the process that measures it, if that is this program.
    var start: (@Sendable (Load) async throws -> any BenchmarkClient)? {
        switch program {
        case .swift(let start), .swiftThroughEnvoy(let start): start
        case .other: nil
        }
    }

    /// Ready to be measured.
    func contender(on backends: Backends) throws -> any Contender {
        let addresses = try backends.addresses(for: backend)
        return switch program {
        case .swift:
            SwiftContender(client: name, addresses: addresses, credentials: backends.credentials)
        case .swiftThroughEnvoy:
            try EnvoyContender(client: name, addresses: addresses, credentials: backends.credentials)
        case .other(let program):
            try program.init(addresses: addresses)
        }
    }
}
#endif
