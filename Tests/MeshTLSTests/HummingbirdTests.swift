#if TLS && Transport
import Hummingbird
import Logging
import MeshCore
import MeshTLS
import NIOCore
import SwiftASN1
import TestSupport
import Testing
import X509

// The middleware of docs/guides/mtls.md; its server is in TestSupport. Whoever changes one changes both.

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
        try await withServer(root) { port in
            func answer(_ id: String, _ path: String) async throws -> String {
                let client = ClientTLS(try await loadedCredentials(root.issue(id), trusting: root.bundle()))
                let side = try await ask(
                    client,
                    port: port,
                    expecting: .spiffeID("spiffe://prod.example/users"),
                    protocols: ["http/1.1"],
                    message: "GET \(path) HTTP/1.1\r\nHost: users\r\nConnection: close\r\n\r\n"
                )
                return side.answer
            }
            let good = try await answer("spiffe://prod.example/orders", "/whoami")
            #expect(good.hasSuffix("spiffe://prod.example/orders"))
            #expect(try await answer("spiffe://prod.example/orders", "/secret").hasPrefix("HTTP/1.1 403"))
            #expect(try await answer("spiffe://prod.example/payments", "/whoami").hasPrefix("HTTP/1.1 403"))
        }
    }

    @Test(
        "lets in curl with a certificate, and nobody else",
        .enabled(if: Program.curl != nil, "curl is not installed")
    )
    func curl() async throws {
        let (root, stranger) = (try TestAuthority(), try TestAuthority("stranger"))
        let orders = "spiffe://prod.example/orders"
        try await withServer(root) { port in
            func curl(_ issued: Issued?, _ path: String) async throws -> Program.Outcome {
                let directory = try TemporaryDirectory()
                try directory.write(root.certificate.serializeAsPEM().pemString + "\n", to: "bundle.pem")
                var arguments = ["--silent", "--show-error", "--cacert", directory.file("bundle.pem")]
                if let issued {
                    try directory.write(issued.chainPEM, to: "svid.pem")
                    try directory.write(issued.keyPEM, to: "key.pem")
                    arguments += ["--cert", directory.file("svid.pem"), "--key", directory.file("key.pem")]
                }
                arguments += [
                    "--write-out", " %{http_code}", "--connect-to", "users.example:443:127.0.0.1:\(port)",
                    "https://users.example\(path)",
                ]
                return try await Program.run(try #require(Program.curl), arguments)
            }
            let good = try await curl(root.issue(orders), "/whoami")
            #expect(good.output == orders + " 200", "\(good)")
            #expect(try await curl(root.issue("spiffe://prod.example/payments"), "/whoami").output.hasSuffix(" 403"))
            for issued in [nil, try stranger.issue(orders)] {
                let bad = try await curl(issued, "/whoami")
                #expect(bad.status != 0)
                #expect(bad.errors.contains("alert"), "\(bad)")
            }
        }
    }

    /// A server of one workload, `users`, which also has a name for clients that know nothing of SPIFFE.
    private func withServer(_ root: TestAuthority, _ body: (UInt16) async throws -> Void) async throws {
        let policy = AuthorizationPolicy(rules: [
            .allow("orders", from: [.id("spiffe://prod.example/orders")], methods: ["GET"], paths: ["/whoami"])
        ])
        let router = Router(context: MeshRequestContext.self)
        router.add(middleware: MeshAuthorization(policy: policy))
        router.get("whoami") { _, context in context.peer?.description ?? "nobody" }
        router.get("secret") { _, _ in "secret" }
        let server = try ServerTLS(
            try await loadedCredentials(
                root.issue(
                    Wish("spiffe://prod.example/users") { $0.names.append(.dnsName("users.example")) }
                ),
                trusting: root.bundle()
            )
        )
        try await withHummingbird(router, server: .meshTLS(server), body)
    }
}
#endif
