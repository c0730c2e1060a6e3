#if AsyncHTTPClient && Transport
import Foundation

/// nginx with one worker for all its ports, and a configuration of its own in a temporary folder.
final class NginxBackend: Backend {
    let description: String
    private let ports: NginxPorts
    private let server: ServerProcess

    init(program: String, credentials: Credentials) throws {
        description = "\(try Self.version(of: program)), 1 worker"
        ports = try NginxPorts()
        server = try ServerProcess(
            program,
            ["-e", "error.log", "-p", ".", "-c", "nginx.conf"],
            files: ["nginx.conf": ports.configuration(credentials)],
            answersOn: ports.plain[0],
            log: "error.log"
        )
    }

    func addresses(for kind: BackendKind) -> [String] {
        ports.numbers(for: kind).map { "127.0.0.1:\($0)" }
    }

    func stop() { server.stop() }

    private static func version(of program: String) throws -> String {
        let process = Command.process(program, ["-v"])
        let pipe = Pipe()
        process.standardError = pipe
        try process.run()
        let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return text.split(whereSeparator: \.isWhitespace).first { $0.hasPrefix("nginx/") }.map(String.init) ?? "nginx"
    }
}
#endif
