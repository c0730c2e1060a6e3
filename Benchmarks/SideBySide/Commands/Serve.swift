#if AsyncHTTPClient
import ArgumentParser
import Foundation

/// The fallback backend in a process of its own. Ends when its standard input does, and so with its parent.
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "serve", shouldDisplay: false)

    @Option var port: Int

    func run() async throws {
        let server = try await NIOServer(port: port)
        _ = FileHandle.standardInput.readDataToEndOfFile()
        try await server.stop()
    }
}
#endif
