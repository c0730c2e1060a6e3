#if TLS
public import Hummingbird
public import HummingbirdCore
import Logging

/// Runs `body` against a server of Hummingbird on a port of this machine, and stops it.
///
/// - Parameter body: Gets the port.
public func withHummingbird<Context: RequestContext>(
    _ router: Router<Context>,
    server: HTTPServerBuilder = .http1(),
    _ body: (UInt16) async throws -> Void
) async throws where Context.Source == ApplicationRequestContextSource {
    let (ports, port) = AsyncStream<UInt16>.makeStream()
    let application = Application(
        router: router,
        server: server,
        configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)),
        onServerRunning: { port.yield(UInt16($0.localAddress?.port ?? 0)) },
        logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
    )
    let running = Task {
        // A server that does not start has no port.
        defer { port.finish() }
        try await application.runService(gracefulShutdownSignals: [])
    }
    guard let listening = await ports.first(where: { _ in true }) else {
        try await running.value
        throw CancellationError()
    }
    let result: Result<Void, any Error>
    do { result = .success(try await body(listening)) } catch { result = .failure(error) }
    running.cancel()
    _ = await running.result
    try result.get()
}
#endif
