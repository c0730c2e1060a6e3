#if AsyncHTTPClient && Transport
import Foundation

/// nghttp2's server with one worker: another HTTP/2 implementation than nginx's to be measured against.
final class NghttpdBackend: Backend {
    let description: String
    private let port: Int
    private let server: ServerProcess

    init(program: String, credentials: Credentials) throws {
        port = try LoopbackPort.unused(1)[0]
        let version = try Command.output(of: Command.process(program, ["--version"])).split(separator: "\n")[0]
        description = "\(version), 1 worker"
        server = try ServerProcess(
            program,
            [
                "-a", "127.0.0.1", "-n", "1", "-m", "1024", "-d", ".",
                "\(port)", credentials.serverKey, credentials.serverCertificate,
            ],
            files: ["index.html": Body.greeting, "1k": Body.kibibyte],
            answersOn: port
        )
    }

    func addresses(for kind: BackendKind) -> [String] {
        kind == .h2 ? ["127.0.0.1:\(port)"] : []
    }

    func stop() { server.stop() }
}
#endif
