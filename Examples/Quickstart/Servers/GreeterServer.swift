#if AsyncHTTPClient
import Hummingbird
import Logging
import NIOCore
import Synchronization

/// One real HTTP server that can be made slow, made to fail, killed and started again.
final class GreeterServer: Sendable {
    let port: Int
    private let condition = Mutex(Condition())

    private struct Condition {
        var fault: Fault?
        var arrivals: [String: Int] = [:]
        var process: Task<Void, Never>?
    }

    init(port: Int) {
        self.port = port
    }

    var address: String { "127.0.0.1:\(port)" }

    /// What is wrong with the server now.
    var fault: Fault? { condition.withLock(\.fault) }

    /// How many requests have reached the server, by client.
    var arrivals: [String: Int] { condition.withLock(\.arrivals) }

    /// Listens. Returns once the port accepts connections, or throws if it cannot be had.
    func start() async throws {
        let (running, signal) = AsyncThrowingStream<Void, any Error>.makeStream()
        let router = Router(context: ConnectionContext.self)
        router.get("hello") { request, context in try await self.hello(request, on: context.channel) }
        let application = Application(
            router: router,
            configuration: .init(address: .hostname("127.0.0.1", port: port)),
            onServerRunning: { _ in signal.yield() },
            logger: Logger(label: "server", factory: { _ in SwiftLogNoOpLogHandler() })
        )
        let process = Task {
            do {
                try await application.run()
                signal.finish()
            } catch {
                signal.finish(throwing: error)
            }
        }
        for try await _ in running { break }
        condition.withLock { $0.process = process }
    }

    /// Dies as a killed process does: the port closes and every connection breaks, whatever it was doing.
    func kill() async {
        let process = condition.withLock { $0.process.take() }
        process?.cancel()
        await process?.value
    }

    /// Breaks the server, or mends it with `nil`.
    func apply(_ fault: Fault?) async throws {
        let before = condition.withLock { condition in
            defer { condition.fault = fault }
            return condition.fault
        }
        if fault == .down {
            await kill()
        } else if before == .down {
            try await start()
        }
    }

    private func hello(_ request: Request, on channel: any Channel) async throws -> Response {
        let fault = condition.withLock { condition in
            condition.arrivals[request.headers[.userAgent] ?? "?", default: 0] += 1
            return condition.fault
        }
        if case .failing(let share) = fault, Double.random(in: 0..<1) < share {
            return Response(status: .internalServerError)
        }
        var work = Duration.milliseconds(Double.random(in: 15...25))
        if case .slow(let factor) = fault { work *= factor }
        do {
            try await Task.sleep(for: work)
        } catch {
            // Killed: a dead process sends nothing, not even an apology.
            channel.close(promise: nil)
            throw error
        }
        return Response(status: .ok, body: .init(byteBuffer: ByteBuffer(string: "Hello from \(address)\n")))
    }
}

/// A request context that knows its connection.
private struct ConnectionContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        channel = source.channel
    }
}
#endif
