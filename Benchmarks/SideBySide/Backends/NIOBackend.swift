#if AsyncHTTPClient
import Foundation
import Synchronization

/// Our own server, in a process of its own so that its work is not counted as the client's.
final class NIOBackend: Backend {
    let address: String
    let description = "SwiftNIO server (nginx is not installed), 1 event loop"
    private let process: Mutex<Process?>

    init(port: Int) throws {
        address = "127.0.0.1:\(port)"
        process = Mutex(try Command.startOurselves(["serve", "\(port)"]))
        guard LoopbackPort.isAnswering(port, within: 5) else {
            stop()
            throw BackendFailed(description: "the SwiftNIO server did not start")
        }
    }

    func stop() {
        guard let server = process.withLock({ $0.take() }) else { return }
        server.terminate()
        server.waitUntilExit()
    }
}
#endif
