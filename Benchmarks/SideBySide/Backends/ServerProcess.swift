#if AsyncHTTPClient && Transport
import Foundation
import Synchronization

/// A server of somebody else's, in a temporary folder of its own, from its start until it is stopped.
final class ServerProcess: Sendable {
    let processID: Int32
    private let folder: URL
    private let process: Mutex<Process?>

    /// Starts the program in a folder with these files and waits until it answers.
    ///
    /// - Parameter log: The file in the folder that says why, if it does not start.
    init(
        _ program: String,
        _ arguments: [String],
        files: [String: String],
        answersOn port: Int,
        log: String = "stderr"
    ) throws {
        let name = URL(fileURLWithPath: program).lastPathComponent
        folder = FileManager.default.temporaryDirectory.appending(path: "sidebyside-\(name)-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for (file, text) in files.merging(["stderr": ""], uniquingKeysWith: { file, _ in file }) {
            try text.write(to: folder.appending(path: file), atomically: true, encoding: .utf8)
        }

        let server = Command.process(program, arguments)
        server.currentDirectoryURL = folder
        server.standardOutput = FileHandle.nullDevice
        server.standardError = try FileHandle(forWritingTo: folder.appending(path: "stderr"))
        try Command.withAllSignals { try server.run() }
        processID = server.processIdentifier
        process = Mutex(server)
        guard LoopbackPort.isAnswering(port, within: 10), server.isRunning else {
            let text = try? String(contentsOf: folder.appending(path: log), encoding: .utf8)
            stop()
            throw BackendFailed(description: "\(name) did not start: \(text ?? "it left no log")")
        }
    }

    func stop() {
        guard let server = process.withLock({ $0.take() }) else { return }
        server.terminate()
        let end = ContinuousClock.now + .seconds(3)
        while server.isRunning, ContinuousClock.now < end { Thread.sleep(forTimeInterval: 0.01) }
        if server.isRunning { kill(processID, SIGKILL) }
        server.waitUntilExit()
        try? FileManager.default.removeItem(at: folder)
    }
}
#endif
