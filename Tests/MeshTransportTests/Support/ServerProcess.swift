#if Transport
import Foundation
import MeshCore
import NIOCore
import NIOPosix
import TestSupport
import Testing

/// A server that others wrote, on a port of this machine and with a folder of its own.
final class ServerProcess: Sendable {
    let endpoint: Endpoint
    private let folder: TemporaryDirectory
    private let process: Process

    /// Starts it, and waits until it accepts connections.
    ///
    /// - Parameter prepare: Writes into the folder what the program needs, and says its arguments.
    init(_ program: String?, prepare: (UInt16, TemporaryDirectory) throws -> [String]) async throws {
        let group = MultiThreadedEventLoopGroup.singleton
        // A port that nobody used a moment ago.
        let probe = try await ServerBootstrap(group: group).bind(host: "127.0.0.1", port: 0).get()
        let port = UInt16(probe.localAddress?.port ?? 0)
        try await probe.close()
        endpoint = Endpoint(.ip(.v4(0x7F00_0001), port: port))
        folder = try TemporaryDirectory()
        process = Process()
        process.executableURL = URL(filePath: try #require(program))
        process.arguments = try prepare(port, folder)
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        try await eventually("\(program ?? "") does not start") {
            let connecting = ClientBootstrap(group: group).connect(host: "127.0.0.1", port: Int(port))
            guard let channel = try? await connecting.get() else { return false }
            try? await channel.close()
            return true
        }
    }

    func endpoint(_ identity: ExpectedIdentity) -> Endpoint {
        Endpoint(endpoint.address, expectedIdentity: identity)
    }

    func stop() async {
        // It inherits the signal mask of the thread that started it, which may block SIGTERM: that would never arrive. And
        // to wait for the exit by blocking would take a thread from every other test.
        kill(process.processIdentifier, SIGKILL)
        while process.isRunning { try? await Task.sleep(for: .milliseconds(5)) }
    }
}
#endif
