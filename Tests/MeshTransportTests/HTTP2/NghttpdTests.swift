#if Transport
import Foundation
import HTTPTypes
import MeshCore
import MeshHTTP
import MeshTLS
import MeshTransport
import NIOCore
import NIOPosix
import Testing

/// Against nghttpd, the server of nghttp2: another reading of the same specification.
@Suite(.serialized, .oneAtATime, .timeLimit(.minutes(2))) struct NghttpdTests {
    private static let body = String(repeating: "0123456789abcdef", count: 40_000)

    @Test(.enabled(if: Nghttpd.path != nil, "needs nghttpd"), arguments: [false, true])
    func callsOfEverySizeSucceed(withTLS: Bool) async throws {
        let certificate = try ServerCertificate()
        let server = try await Nghttpd(
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

/// A process of nghttpd with files to serve.
final class Nghttpd: Sendable {
    static let path: String? = [
        "/usr/sbin/nghttpd", "/usr/bin/nghttpd", "/usr/local/bin/nghttpd", "/opt/homebrew/bin/nghttpd",
    ]
    .first { FileManager.default.isExecutableFile(atPath: $0) }

    let endpoint: Endpoint
    private let process: Process
    private let directory: URL

    init(files: [String: String], tls: ServerCertificate?) async throws {
        let group = MultiThreadedEventLoopGroup.singleton
        // A port that was free a moment ago.
        let probe = try await ServerBootstrap(group: group).bind(host: "127.0.0.1", port: 0).get()
        let port = probe.localAddress!.port!
        try await probe.close()
        let directory = FileManager.default.temporaryDirectory.appending(path: "mesh-nghttpd-\(UUID())")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        for (name, text) in files { try Data(text.utf8).write(to: directory.appending(path: name)) }
        let process = Process()
        process.executableURL = URL(filePath: Self.path ?? "nghttpd")
        process.arguments = ["-d", directory.path, "-a", "127.0.0.1"]
        if let tls {
            let key = directory.appending(path: "key.pem"), certificate = directory.appending(path: "cert.pem")
            try Data(try tls.keyPEM.utf8).write(to: key)
            try Data(try tls.certificatePEM.utf8).write(to: certificate)
            process.arguments? += ["\(port)", key.path, certificate.path]
        } else {
            process.arguments? += ["--no-tls", "\(port)"]
        }
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        self.process = process
        self.directory = directory
        endpoint = Endpoint(.ip(.v4(0x7F00_0001), port: UInt16(port)))
        for _ in 0..<500 {
            if let channel = try? await ClientBootstrap(group: group).connect(host: "127.0.0.1", port: port).get() {
                try? await channel.close()
                return
            }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    func stop() async {
        // It inherits the signal mask of the thread that started it, which may block SIGTERM: that would never arrive. And
        // to wait for the exit by blocking would take a thread from every other test.
        kill(process.processIdentifier, SIGKILL)
        while process.isRunning { try? await Task.sleep(for: .milliseconds(5)) }
        try? FileManager.default.removeItem(at: directory)
    }
}
#endif
