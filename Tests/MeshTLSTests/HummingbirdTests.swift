#if TLS && Transport
import Hummingbird
import HummingbirdCore
import Logging
import MeshCore
import MeshTLS
import NIOCore
import TestSupport
import Testing

// The guide to mutual TLS shows these three types.

struct MeshTLSChannel<Base: ServerChildChannel>: ServerChildChannel {
    let tls: ServerTLS
    let base: Base
    let applicationProtocols: [String]

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Base.Value> {
        channel.eventLoop.makeCompletedFuture {
            try tls.makeHandshake(applicationProtocols: applicationProtocols).install(on: channel)
        }.flatMap {
            base.setup(channel: channel, logger: logger)
        }
    }

    func handle(value: Base.Value, logger: Logger) async {
        await base.handle(value: value, logger: logger)
    }
}

extension HTTPServerBuilder {
    static func meshTLS(_ tls: ServerTLS) -> HTTPServerBuilder {
        HTTPServerBuilder { responder in
            MeshTLSChannel(tls: tls, base: HTTP1Channel(responder: responder), applicationProtocols: ["http/1.1"])
        }
    }
}

struct MeshRequestContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel
    var peer: PeerIdentity?

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
    }
}

struct MeshAuthorization: RouterMiddleware {
    let policy: AuthorizationPolicy

    @concurrent
    func handle(
        _ request: Request,
        context: MeshRequestContext,
        next: @concurrent (Request, MeshRequestContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        context.peer = try await PeerIdentity(of: context.channel)
        let decision = policy.decide(
            identity: context.peer?.spiffeID,
            method: request.method.rawValue,
            path: request.uri.string
        )
        if decision.verdict == .denied {
            context.logger.notice("\(context.peer?.description ?? "nobody"): \(decision)")
            if policy.mode == .enforce { throw HTTPError(.forbidden) }
        }
        return try await next(request, context)
    }
}

@Suite("A server of Hummingbird", .takesTurns)
struct HummingbirdTests {
    @Test("knows who asks, and lets the policy decide")
    func whoAsks() async throws {
        let root = try TestAuthority()
        let policy = AuthorizationPolicy(rules: [
            .allow("orders", from: [.id("spiffe://prod.example/orders")], methods: ["GET"], paths: ["/whoami"])
        ])
        let router = Router(context: MeshRequestContext.self)
        router.add(middleware: MeshAuthorization(policy: policy))
        router.get("whoami") { _, context in context.peer?.description ?? "nobody" }
        router.get("secret") { _, _ in "secret" }
        let (ports, port) = AsyncStream.makeStream(of: UInt16.self)
        let server = try ServerTLS(
            try await loadedCredentials(root.issue("spiffe://prod.example/users"), trusting: root.bundle())
        )
        let app = Application(
            router: router,
            server: .meshTLS(server),
            configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { port.yield(UInt16($0.localAddress!.port!)) },
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        )
        let running = Task { try await app.run() }
        let listening = await ports.first { _ in true }!

        func answer(_ id: String, _ path: String) async throws -> String {
            let client = ClientTLS(try await loadedCredentials(root.issue(id), trusting: root.bundle()))
            let side = try await ask(
                client,
                port: listening,
                expecting: .spiffeID("spiffe://prod.example/users"),
                protocols: ["http/1.1"],
                message: "GET \(path) HTTP/1.1\r\nHost: users\r\nConnection: close\r\n\r\n"
            )
            return side.answer
        }
        #expect(try await answer("spiffe://prod.example/orders", "/whoami").hasSuffix("spiffe://prod.example/orders"))
        #expect(try await answer("spiffe://prod.example/orders", "/secret").hasPrefix("HTTP/1.1 403"))
        #expect(try await answer("spiffe://prod.example/payments", "/whoami").hasPrefix("HTTP/1.1 403"))
        running.cancel()
        _ = try? await running.value
    }
}
#endif
