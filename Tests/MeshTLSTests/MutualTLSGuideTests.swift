#if TLS && Transport && AsyncHTTPClient
import AsyncHTTPClient
import HTTPTypes
import Hummingbird
import HummingbirdCore
import HummingbirdTLS
import MeshAsyncHTTPClient
import MeshCore
import MeshHTTP
import MeshTLS
import MeshTransport
import NIOCore
import NIOPosix
import NIOSSL
import ServiceMesh
import SwiftASN1
import Synchronization
import TestSupport
import Testing
import X509

// The snippets of docs/guides/mtls.md that HummingbirdTests has not. Whoever changes one changes both.

@Suite("The guide to mutual TLS", .takesTurns)
struct MutualTLSGuideTests {
    @Test("two services prove to each other who they are, by their files")
    func twoServices() async throws {
        let pki = try PKI()
        let server = try await credentials(of: "users", pki)
        let credentials = try await credentials(of: "orders", pki)
        try await withHummingbird(whoami(), server: .meshTLS(try ServerTLS(server))) { port in
            try pki.directory.write(
                """
                { "endpoints": [
                    { "address": "127.0.0.1:\(port)", "identity": { "spiffe": "spiffe://local.mesh/users" } }
                ] }
                """,
                to: "users.json"
            )
            let target = try Target("file://\(pki.directory.file("users.json"))")
            let mesh = Mesh(MeshConfiguration(services: ["users": ServiceConfiguration(target: target)]))
            do {
                let users = try mesh.http("users", transport: .init(tls: ClientTLS(credentials)))
                let response = try await users.get("/42", timeout: .seconds(20))
                let text = String(decoding: try await response.body.collect(upTo: 100), as: UTF8.self)
                #expect(text == "spiffe://local.mesh/orders")
            }
            do {
                let client = MeshHTTPClient(mesh, transport: .init(tls: ClientTLS(credentials)))
                let response = try await client.execute(
                    HTTPClientRequest(url: "https://users/42"),
                    timeout: .seconds(20)
                )
                let text = String(buffer: try await response.body.collect(upTo: 100))
                #expect(text == "spiffe://local.mesh/orders")
            }
            await mesh.shutdown()
        }
        await credentials.shutdown()
        await server.shutdown()
    }

    @Test("a server that makes its TLS handlers itself verifies its clients, and forgets who they are")
    func ownHandlers() async throws {
        let pki = try PKI()
        let users = try await credentials(of: "users", pki)
        let tls = try ServerTLS(users)
        let server: HTTPServerBuilder =
            try .tls(
                configuration: TLSChannelConfiguration(
                    tlsConfiguration: tls.makeConfiguration(applicationProtocols: []),
                    customVerificationCallback: tls.verificationCallback
                )
            )
        try await withHummingbird(whoami(), server: server) { port in
            func answer(to credentials: TLSCredentials) async throws -> String {
                let side = try await ask(
                    ClientTLS(credentials),
                    port: port,
                    expecting: .spiffeID("spiffe://local.mesh/users"),
                    protocols: ["http/1.1"],
                    message: "GET /42 HTTP/1.1\r\nHost: users\r\nConnection: close\r\n\r\n"
                )
                return side.answer
            }
            let orders = try await credentials(of: "orders", pki)
            #expect(try await answer(to: orders).hasSuffix("nobody"))
            let stranger = try await loadedCredentials(
                TestAuthority("stranger").issue("spiffe://local.mesh/orders"),
                trusting: pki.root.bundle("local.mesh")
            )
            #expect(try await answer(to: stranger) == "")
            await orders.shutdown()
            await stranger.shutdown()
        }
        await users.shutdown()
    }

    @Test("a verification callback of gRPC's form lets in whom the mesh would")
    func callbackOfAnotherForm() async throws {
        let root = try TestAuthority()
        let (users, orders) = ("spiffe://local.mesh/users", "spiffe://local.mesh/orders")
        let refusals = Mutex<[PeerVerificationError]>([])
        let server = try await loadedCredentials(root.issue(users), trusting: root.bundle("local.mesh")) { event in
            if case .peerRefused(let error) = event { refusals.withLock { $0.append(error) } }
        }
        let tls = try ServerTLS(server)
        #expect(try await tls.verify(Self.shown(root.issue(orders))).spiffeID?.description == orders)
        let verify: @Sendable ([NIOSSLCertificate], EventLoopPromise<NIOSSLVerificationResultWithMetadata>) -> Void = {
            chain,
            promise in
            promise.completeWithTask {
                do {
                    _ = try await tls.verify(chain)
                    return .certificateVerified(VerificationMetadata(NIOSSL.ValidatedCertificateChain(chain)))
                } catch {
                    return .failed
                }
            }
        }
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        for (issued, isGood) in try [
            (root.issue(orders), true), (TestAuthority("stranger").issue(orders), false),
            (root.issue(Wish(orders) { ($0.validFrom, $0.validUntil) = (-7200, -3600) }), false),
        ] {
            let promise = loop.makePromise(of: NIOSSLVerificationResultWithMetadata.self)
            try verify(Self.shown(issued), promise)
            let result = try await promise.futureResult.get()
            if case .certificateVerified = result { #expect(isGood) } else { #expect(!isGood) }
        }
        #expect(refusals.withLock { $0.map(\.reason) } == [.unknownAuthority, .expired])
        await server.shutdown()
    }

    private static func shown(_ issued: Issued) throws -> [NIOSSLCertificate] {
        try issued.chain.map {
            try NIOSSLCertificate(bytes: Array(try $0.serializeAsPEM().pemString.utf8), format: .pem)
        }
    }

    @Test(
        "the rules say what their names say",
        arguments: [
            ("spiffe://prod.example/ns/shop/sa/web", "GET", "/items/42", AuthorizationDecision.Verdict.allowed),
            ("spiffe://prod.example/ns/shop/sa/web", "GET", "/items/export", .denied),
            ("spiffe://prod.example/ns/shop/sa/web", "POST", "/items/42/stock", .denied),
            ("spiffe://prod.example/ns/shop/sa/orders", "POST", "/items/42/stock", .allowed),
            ("spiffe://prod.example/ns/shop/sa/orders", "POST", "/items/42", .denied),
            ("spiffe://prod.example/ns/other/sa/web", "GET", "/items/42", .denied),
        ]
    )
    func rules(id: String, method: String, path: String, verdict: AuthorizationDecision.Verdict) throws {
        let policy = AuthorizationPolicy(rules: [
            .allow(
                "shop reads",
                from: [.pattern("spiffe://prod.example/ns/shop/**")],
                methods: ["GET"],
                paths: ["/items/**"]
            ),
            .allow(
                "orders books",
                from: [.id("spiffe://prod.example/ns/shop/sa/orders")],
                methods: ["POST"],
                paths: ["/items/*/stock"]
            ),
            .deny("no export", paths: ["/items/export"]),
        ])
        #expect(policy.decide(identity: try SPIFFEID(id), method: method, path: path).verdict == verdict)
    }

    private func credentials(of name: String, _ pki: PKI) async throws -> TLSCredentials {
        let directory = pki.directory.path
        let credentials = TLSCredentials(
            identity: .files(
                certificateChain: "\(directory)/\(name)/svid.pem",
                privateKey: "\(directory)/\(name)/key.pem"
            ),
            trust: [.file("\(directory)/\(name)/bundle.pem", for: .trustDomain("local.mesh"))],
            onEvent: { event in print(event) }
        )
        credentials.start()
        try await credentials.ready()
        return credentials
    }

    private func whoami() -> Router<MeshRequestContext> {
        let router = Router(context: MeshRequestContext.self)
        router.add(middleware: MeshAuthorization(policy: AuthorizationPolicy(rules: [])))
        router.get("42") { _, context in context.peer?.description ?? "nobody" }
        return router
    }

    /// What `meshctl ca init` and two times `meshctl cert issue` write.
    private struct PKI {
        let root: TestAuthority
        let directory: TemporaryDirectory

        init() throws {
            root = try TestAuthority()
            directory = try TemporaryDirectory()
            for name in ["users", "orders"] {
                let issued = try root.issue("spiffe://local.mesh/\(name)")
                try directory.makeDirectory(name)
                try directory.write(issued.chainPEM, to: "\(name)/svid.pem")
                try directory.write(issued.keyPEM, to: "\(name)/key.pem")
                try directory.write(root.certificate.serializeAsPEM().pemString + "\n", to: "\(name)/bundle.pem")
            }
        }
    }

    /// Compiled only: the handshakes of `meet` are these.
    private func serverHandshake(_ credentials: TLSCredentials, _ channel: any Channel) async throws {
        let tls = try ServerTLS(credentials)
        let handshake = try tls.makeHandshake(applicationProtocols: ["http/1.1"])
        try handshake.install(on: channel)
        let peer = try await PeerIdentity(of: channel)
        _ = peer
    }

    /// Compiled only, as well.
    private func clientHandshake(_ credentials: TLSCredentials, _ channel: any Channel) throws {
        let tls = ClientTLS(credentials)
        let endpoint = Endpoint(try Address("10.0.0.1:8443"), expectedIdentity: .spiffeID("spiffe://local.mesh/users"))
        let handshake = try tls.makeHandshake(with: endpoint, serverName: "users", applicationProtocols: ["http/1.1"])
        try handshake.install(on: channel)
    }
}
#endif
