#if AsyncHTTPClient
import Foundation
import Synchronization

/// nginx with one worker and a configuration of its own in a temporary folder.
final class NginxBackend: Backend {
    let address: String
    let description: String
    private let folder: URL
    private let process: Mutex<Process?>

    init(program: String, port: Int) throws {
        address = "127.0.0.1:\(port)"
        description = "\(try Self.version(of: program)), 1 worker"
        folder = FileManager.default.temporaryDirectory.appending(path: "sidebyside-nginx-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Self.configuration(port: port).write(
            to: folder.appending(path: "nginx.conf"),
            atomically: true,
            encoding: .utf8
        )

        let nginx = Command.process(program, ["-e", "error.log", "-p", folder.path, "-c", "nginx.conf"])
        nginx.standardError = FileHandle.nullDevice
        try nginx.run()
        process = Mutex(nginx)
        guard LoopbackPort.isAnswering(port, within: 5), nginx.isRunning else {
            let log = try? String(contentsOf: folder.appending(path: "error.log"), encoding: .utf8)
            stop()
            throw BackendFailed(description: "nginx did not start: \(log ?? "it left no log")")
        }
    }

    func stop() {
        guard let nginx = process.withLock({ $0.take() }) else { return }
        nginx.terminate()
        nginx.waitUntilExit()
        try? FileManager.default.removeItem(at: folder)
    }

    private static func version(of program: String) throws -> String {
        let process = Command.process(program, ["-v"])
        let pipe = Pipe()
        process.standardError = pipe
        try process.run()
        let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return text.split(whereSeparator: \.isWhitespace).first { $0.hasPrefix("nginx/") }.map(String.init) ?? "nginx"
    }

    private static func configuration(port: Int) -> String {
        """
        daemon off;
        worker_processes 1;
        pid nginx.pid;
        error_log error.log;
        events { worker_connections 16384; }
        http {
            access_log off;
            client_body_temp_path body;
            proxy_temp_path proxy;
            fastcgi_temp_path fastcgi;
            uwsgi_temp_path uwsgi;
            scgi_temp_path scgi;
            keepalive_requests 1000000000;
            keepalive_timeout 1h;
            server {
                listen 127.0.0.1:\(port) backlog=4096;
                location / { default_type text/plain; return 200 "Hello, world!\\n"; }
            }
        }

        """
    }
}
#endif
