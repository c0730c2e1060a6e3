#if AsyncHTTPClient
import ArgumentParser
import Foundation
import Hummingbird
import Logging
import NIOCore
import Synchronization

/// One of the five servers, in a process of its own so that it can really be killed.
///
/// Faults arrive as lines on standard input. The process ends when its standard input does, and so with its parent.
struct GreeterServer: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "serve", shouldDisplay: false)

    @Argument var port: Int

    func run() async throws {
        let condition = Condition()
        let router = Router()
        router.get("hello") { _, _ in try await condition.hello() }
        let application = Application(
            router: router,
            // The name goes into the `server` header of every answer.
            configuration: .init(address: .hostname("127.0.0.1", port: port), serverName: "127.0.0.1:\(port)"),
            onServerRunning: { _ in FileHandle.standardOutput.write(Data("listening\n".utf8)) },
            logger: Logger(label: "server", factory: { _ in SwiftLogNoOpLogHandler() })
        )
        condition.followStandardInput()
        do {
            try await application.run()
        } catch let error as IOError where error.errnoCode == EADDRINUSE {
            throw ExitCode.failure
        }
    }
}

/// What is wrong with this server now.
private final class Condition: Sendable {
    private let fault = Mutex(Fault?.none)

    func hello() async throws -> Response {
        let fault = fault.withLock { $0 }
        if case .failing(let share) = fault, Double.random(in: 0..<1) < share {
            return Response(status: .internalServerError)
        }
        var work = Duration.milliseconds(Double.random(in: 15...25))
        if case .slow(let factor) = fault { work *= factor }
        try await Task.sleep(for: work)
        return Response(status: .ok, body: .init(byteBuffer: ByteBuffer(string: "Hello!\n")))
    }

    func followStandardInput() {
        Thread.detachNewThread {
            while let line = readLine() {
                let command = try? JSONDecoder().decode(FaultCommand.self, from: Data(line.utf8))
                if let command { self.fault.withLock { $0 = command.fault } }
            }
            exit(0)
        }
    }
}
#endif
