#if AsyncHTTPClient
import Foundation

/// A fast HTTP server that answers every request alike.
protocol Backend: Sendable, CustomStringConvertible {
    /// `HOST:PORT`
    var address: String { get }

    func stop()
}

/// nginx where it is installed, else a plain NIO server.
func startBackend() throws -> any Backend {
    let port = try LoopbackPort.unused()
    if let nginx = Command.find("nginx") {
        return try NginxBackend(program: nginx, port: port)
    }
    Progress.say("nginx is not installed: using a SwiftNIO server instead. Its figures do not compare with nginx's.")
    return try NIOBackend(port: port)
}

/// The backend did not come up.
struct BackendFailed: Error, CustomStringConvertible {
    let description: String
}
#endif
