#if AsyncHTTPClient && Transport
import MeshCore
import MeshHTTP
import MeshTLS
import MeshTransport
import ServiceMesh

/// The mesh over its own transport: the whole standard stack.
struct MeshNative: BenchmarkClient {
    private let mesh: Mesh
    private let transport: NativeTransport
    private let client: HTTPServiceClient<NativeTransport>
    private let path: String
    private let credentials: TLSCredentials?
    let callerExecutors: [any TaskExecutor]

    /// HTTP/1.1 without TLS, called from tasks of the global executor.
    init(_ load: Load) throws {
        try self.init(load, NativeTransport.Configuration(), .anywhere)
    }

    /// HTTP/1.1 without TLS, called from tasks on the transport's event loops.
    static func onEventLoops(_ load: Load) throws -> MeshNative {
        try MeshNative(load, NativeTransport.Configuration(), .eventLoops)
    }

    /// HTTP/1.1 over mutual TLS with SPIFFE identities.
    static func mtls(_ load: Load) async throws -> MeshNative {
        try await overTLS(load, .http1)
    }

    /// HTTP/2 over TLS.
    static func http2(_ load: Load) async throws -> MeshNative {
        try await overTLS(load, .http2)
    }

    func get() async throws {
        let response = try await client.get(path, timeout: .seconds(10))
        _ = try await response.body.collect(upTo: 1 << 20)
        guard response.statusCode == 200 else { throw UnexpectedStatus(code: UInt(response.statusCode)) }
    }

    func shutdown() async throws {
        await mesh.shutdown()
        await credentials?.shutdown()
    }

    private enum Callers {
        case anywhere
        case eventLoops
    }

    private init(
        _ load: Load,
        _ configuration: NativeTransport.Configuration,
        _ callers: Callers,
        _ credentials: TLSCredentials? = nil
    ) throws {
        let target = try Target("static:///\(load.addresses.joined(separator: ","))")
        mesh = Mesh(MeshConfiguration(services: ["backend": ServiceConfiguration(target: target)]))
        transport = NativeTransport(configuration)
        client = try mesh.http("backend", over: transport)
        path = load.path
        self.credentials = credentials
        callerExecutors =
            switch callers {
            case .anywhere: []
            case .eventLoops: transport.executors
            }
    }

    private static func overTLS(
        _ load: Load,
        _ protocols: NativeTransport.Configuration.Protocols
    ) async throws -> MeshNative {
        let files = load.credentials
        let credentials = TLSCredentials(
            identity: .files(certificateChain: files.clientCertificate, privateKey: files.clientKey),
            trust: [.file(files.authority, for: .trustDomain(try TrustDomain(Credentials.trustDomain)))]
        )
        credentials.start()
        try await credentials.ready()
        let server = ExpectedIdentity.spiffeID("spiffe://\(Credentials.trustDomain)/backend")
        let tls = ClientTLS(credentials, configuration: .init(expectedIdentity: server))
        let configuration = NativeTransport.Configuration(tls: tls, protocols: protocols)
        return try MeshNative(load, configuration, .anywhere, credentials)
    }
}
#endif
