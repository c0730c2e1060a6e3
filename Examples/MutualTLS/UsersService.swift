#if Transport
import Hummingbird
import HummingbirdCore
import Logging
import MeshTLS
import NIOCore

/// A Hummingbird server that lets nobody in who has not proved who he is, and asks a policy what he may do.
struct UsersService {
    let tls: ServerTLS
    let policy: AuthorizationPolicy
    /// Is told who sent each request that gets through.
    var onCaller: @Sendable (PeerIdentity) -> Void = { _ in }

    func application(port: Int, onListening: @escaping @Sendable (any Channel) async -> Void)
        -> some ApplicationProtocol
    {
        let router = Router(context: CallerContext.self)
        router.add(middleware: Authorization(policy: policy))
        router.get("users/:id") { [onCaller] _, context in
            if let peer = try await context.peer { onCaller(peer) }
            return
                "user \(context.parameters.get("id") ?? "?") for \(try await context.caller?.description ?? "nobody")\n"
        }
        return Application(
            router: router,
            server: HTTPServerBuilder { [tls] responder in
                MutualTLSChannel(base: HTTP1Channel(responder: responder), tls: tls)
            },
            configuration: .init(address: .hostname("127.0.0.1", port: port)),
            onServerRunning: onListening,
            logger: Logger(label: "users", factory: { _ in SwiftLogNoOpLogHandler() })
        )
    }
}

/// Puts the mesh's TLS in front of a channel of Hummingbird's.
struct MutualTLSChannel<Base: ServerChildChannel>: ServerChildChannel {
    let base: Base
    let tls: ServerTLS

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Base.Value> {
        channel.eventLoop.makeCompletedFuture {
            try tls.makeHandshake(applicationProtocols: ["http/1.1"]).install(on: channel)
        }.flatMap {
            base.setup(channel: channel, logger: logger)
        }
    }

    func handle(value: Base.Value, logger: Logger) async {
        await base.handle(value: value, logger: logger)
    }
}

/// A request context that knows the connection, and so the caller.
struct CallerContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    private let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        channel = source.channel
    }

    var peer: PeerIdentity? {
        get async throws { try await PeerIdentity(of: channel) }
    }

    var caller: SPIFFEID? {
        get async throws { try await peer?.spiffeID }
    }
}

/// Refuses what the policy denies.
struct Authorization: RouterMiddleware {
    let policy: AuthorizationPolicy

    func handle(
        _ request: Request,
        context: CallerContext,
        next: (Request, CallerContext) async throws -> Response
    ) async throws -> Response {
        let caller = try await context.caller
        let decision = policy.decide(identity: caller, method: request.method.rawValue, path: request.uri.string)
        if decision.verdict == .denied {
            // For us, not for the caller: who is refused should learn nothing about the rules.
            context.logger.notice("\(caller?.description ?? "nobody"): \(decision)")
            if policy.mode == .enforce { throw HTTPError(.forbidden) }
        }
        return try await next(request, context)
    }
}
#endif
