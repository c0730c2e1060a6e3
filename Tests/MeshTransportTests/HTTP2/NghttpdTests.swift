#if Transport
import HTTPTypes
import MeshCore
import MeshHTTP
import MeshTLS
import MeshTransport
import TestSupport
import Testing

/// Against nghttpd, the server of nghttp2: another reading of the same specification.
@Suite(.serialized, .oneAtATime, .timeLimit(.minutes(10))) struct NghttpdTests {
    private static let body = String(repeating: "0123456789abcdef", count: 40_000)

    @Test(.enabled(if: Nghttpd.program != nil, "needs nghttpd"), arguments: [false, true])
    func callsOfEverySizeSucceed(withTLS: Bool) async throws {
        let certificate = try ServerCertificate()
        let server = try await Nghttpd.start(
            files: ["small": "small", "large": Self.body],
            tls: withTLS ? certificate : nil
        )
        let credentials = try certificate.trusted()
        credentials.start()
        try await credentials.ready()
        var configuration = NativeTransport.Configuration(protocols: .http2, connectTimeout: .seconds(20))
        if withTLS { configuration.tls = ClientTLS(credentials) }
        let transport = NativeTransport(configuration)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<80 {
                group.addTask {
                    switch number % 4 {
                    case 0:
                        try await expectEqual(transport.send(.get, "/large", to: server.endpoint).text(), Self.body)
                    case 1:
                        // nghttpd echoes no body, but takes it.
                        let body = HTTPBody([UInt8](repeating: 120, count: 300_000))
                        try await expectEqual(
                            transport.send(.post, "/small", body: body, to: server.endpoint).text(),
                            "small"
                        )
                    case 2:
                        try await expectEqual(transport.send(.head, "/large", to: server.endpoint).body.bytes, [])
                    default:
                        try await expectEqual(transport.send(.get, "/small", to: server.endpoint).text(), "small")
                    }
                }
            }
            try await group.waitForAll()
        }
        try await expectEqual(transport.send(.get, "/missing", to: server.endpoint).statusCode, 404)
        await transport.shutdown()
        await credentials.shutdown()
        await server.stop()
    }
}

/// nghttpd with files to serve.
enum Nghttpd {
    static let program = findProgram("nghttpd")

    static func start(files: [String: String], tls: ServerCertificate?) async throws -> ServerProcess {
        try await ServerProcess(program) { port, folder in
            for (name, text) in files { try folder.write(text, to: name) }
            let arguments = ["-d", folder.path, "-a", "127.0.0.1"]
            guard let tls else { return arguments + ["--no-tls", "\(port)"] }
            try folder.write(tls.keyPEM, to: "key.pem")
            try folder.write(tls.certificatePEM, to: "cert.pem")
            return arguments + ["\(port)", folder.file("key.pem"), folder.file("cert.pem")]
        }
    }
}
#endif
