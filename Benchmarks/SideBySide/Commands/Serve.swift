#if AsyncHTTPClient && Transport
import ArgumentParser

/// The fallback backend in a process of its own.
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "serve", shouldDisplay: false)

    @Argument var ports: [Int]

    func run() async throws {
        Parent.endWithIt()
        try await serveForever(ports: ports)
    }
}
#endif
