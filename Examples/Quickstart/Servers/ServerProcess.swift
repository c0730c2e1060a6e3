#if AsyncHTTPClient
import Foundation
import Synchronization

/// A server seen from outside: it can be started, broken, mended and killed.
final class ServerProcess: Sendable {
    let address: String
    private let port: Int
    private let state = Mutex(State())

    private struct State {
        var fault: Fault?
        var process: Process?
        var input: FileHandle?
    }

    init(port: Int) {
        self.port = port
        address = "127.0.0.1:\(port)"
    }

    /// What is wrong with the server now.
    var fault: Fault? { state.withLock(\.fault) }

    /// Starts the process and returns once it accepts connections; `false` if the port is taken.
    func start() async throws -> Bool {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: Bundle.main.executablePath ?? CommandLine.arguments[0])
        process.arguments = ["serve", "\(port)"]
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice

        let (lines, signal) = AsyncStream<Void>.makeStream()
        output.fileHandleForReading.readabilityHandler = { handle in
            // Nothing to read: the process has ended.
            if handle.availableData.isEmpty { signal.finish() } else { signal.yield() }
        }
        defer { output.fileHandleForReading.readabilityHandler = nil }
        try process.run()
        for await _ in lines {
            state.withLock { $0 = State(process: process, input: input.fileHandleForWriting) }
            return true
        }
        return false
    }

    /// SIGKILL: the port closes and every connection breaks, whatever it was doing.
    func kill() {
        state.withLock { state in
            guard let process = state.process.take() else { return }
            state.input = nil
            Foundation.kill(process.processIdentifier, SIGKILL)
        }
    }

    /// Breaks the server, or mends it with `nil`.
    func apply(_ fault: Fault?) async throws {
        if fault == .down {
            kill()
        } else if self.fault == .down {
            guard try await start() else { throw PortTaken(address: address) }
        } else {
            var line = try JSONEncoder().encode(FaultCommand(fault: fault))
            line.append(UInt8(ascii: "\n"))
            try state.withLock { try $0.input?.write(contentsOf: line) }
        }
        state.withLock { $0.fault = fault }
    }
}

/// Somebody listens where a server should.
struct PortTaken: Error, CustomStringConvertible {
    let address: String

    var description: String { "\(address) is in use" }
}
#endif
