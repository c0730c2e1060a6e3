#if AsyncHTTPClient && Transport
import Foundation
import Synchronization

/// Our own server, in a process of its own so that its work is not counted as the client's.
final class NIOBackend: Backend {
    let description = "SwiftNIO server (nginx is not installed), 1 event loop"
    private let ports: [Int]
    private let process: Mutex<Process?>

    init() throws {
        ports = try LoopbackPort.unused(3)
        process = Mutex(try Command.startOurselves(["serve"] + ports.map(String.init)))
        guard ports.allSatisfy({ LoopbackPort.isAnswering($0, within: 5) }) else {
            stop()
            throw BackendFailed(description: "the SwiftNIO server did not start")
        }
    }

    func addresses(for kind: BackendKind) -> [String] {
        switch kind {
        case .plain: ["127.0.0.1:\(ports[0])"]
        case .threePlain: ports.map { "127.0.0.1:\($0)" }
        case .tls, .mtls, .h2: []
        }
    }

    func stop() {
        guard let server = process.withLock({ $0.take() }) else { return }
        server.terminate()
        server.waitUntilExit()
    }
}
#endif
