#if TLS
import MeshCore
import MeshTLS
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization
import TestSupport
import Testing
import X509

/// Credentials that have loaded what they were given.
func loadedCredentials(
    _ identity: Issued?,
    trusting bundles: TrustBundle...,
    onEvent: @escaping @Sendable (TLSEvent) -> Void = { _ in }
) async throws -> TLSCredentials {
    let credentials = TLSCredentials(
        identity: try identity.map { FixedIdentitySource(try $0.identity) },
        trust: [.fixed(bundles)],
        onEvent: onEvent
    )
    credentials.start()
    try await credentials.ready()
    return credentials
}

@Suite("Handshakes over TCP", .takesTurns)
struct HandshakeTests {
    static let users = "spiffe://prod.example/users"
    static let orders = "spiffe://prod.example/orders"

    @Test("both ends prove who they are")
    func mutual() async throws {
        let root = try TestAuthority()
        let client = ClientTLS(try await loadedCredentials(root.issue(Self.orders), trusting: root.bundle()))
        let server = try ServerTLS(try await loadedCredentials(root.issue(Self.users), trusting: root.bundle()))
        let meeting = try await meet(client, server, expecting: .spiffeID(Self.users))
        #expect(try meeting.client.get().spiffeID?.description == Self.users)
        #expect(try meeting.server?.get().spiffeID?.description == Self.orders)
        #expect(try meeting.atServer == meeting.server?.get())
        #expect(meeting.applicationProtocol == "h2")
        #expect(meeting.version == .tlsv13)
    }

    @Test("a federated domain is vouched for by its own roots, through intermediates")
    func federation() async throws {
        let (prod, partner) = (try TestAuthority("prod"), try TestAuthority("partner"))
        let middle = try TestAuthority("middle", issuedBy: partner)
        let bundles = (try prod.bundle(), try partner.bundle("partner.example"))
        let client = ClientTLS(try await loadedCredentials(prod.issue(Self.orders), trusting: bundles.0, bundles.1))
        let server = try ServerTLS(
            try await loadedCredentials(middle.issue("spiffe://partner.example/api"), trusting: bundles.0, bundles.1)
        )
        let meeting = try await meet(client, server, expecting: .trustDomain("partner.example"))
        #expect(try meeting.client.get().certificateChain.count == 3)
        #expect(try meeting.atServer?.certificateChain.count == meeting.server?.get().certificateChain.count)
    }

    @Test("a server that is someone else is refused, with a typed error and an event")
    func wrongServer() async throws {
        let root = try TestAuthority()
        let events = Events()
        let client = ClientTLS(
            try await loadedCredentials(root.issue(Self.orders), trusting: root.bundle(), onEvent: events.take)
        )
        let server = try ServerTLS(try await loadedCredentials(root.issue(Self.users), trusting: root.bundle()))
        let meeting = try await meet(client, server, expecting: .spiffeID("spiffe://prod.example/payments"))
        let error = #expect(throws: PeerVerificationError.self) { try meeting.client.get() }
        #expect(error?.reason == .identityMismatch)
        #expect(error?.expected == "spiffe://prod.example/payments")
        #expect(error?.found == Self.users)
        #expect(meeting.atServer == nil)
        #expect(events.all.contains("peerRefused identityMismatch"))
    }

    @Test("a server whose certificate is not in order is refused", arguments: PeerVerifierTests.flaws)
    func flawedServer(_ flaw: PeerVerifierTests.Flaw) async throws {
        // These cannot be made into an identity; another test hands their certificates to the verifier.
        guard let identity = try? TestAuthority().issue(flaw.wish), (try? identity.identity) != nil else { return }
        let root = try TestAuthority()
        let client = ClientTLS(try await loadedCredentials(root.issue(Self.orders), trusting: root.bundle()))
        let server = try ServerTLS(try await loadedCredentials(root.issue(flaw.wish), trusting: root.bundle()))
        let meeting = try await meet(client, server, expecting: .spiffeID(Self.users))
        if flaw.testDescription == "no digital signatures" {
            // BoringSSL refuses this one before it asks us.
            #expect(throws: (any Error).self) { try meeting.client.get() }
        } else {
            #expect(thrown(PeerVerificationError.self) { try meeting.client.get() }?.reason == flaw.reason)
        }
    }

    @Test("a client that is not trusted is refused by the server, and told so")
    func wrongClient() async throws {
        let (root, stranger) = (try TestAuthority(), try TestAuthority("stranger"))
        let events = Events()
        let server = try ServerTLS(
            try await loadedCredentials(root.issue(Self.users), trusting: root.bundle(), onEvent: events.take)
        )
        let client = ClientTLS(try await loadedCredentials(stranger.issue(Self.orders), trusting: root.bundle()))
        let meeting = try await meet(client, server, expecting: .spiffeID(Self.users))
        let error = #expect(throws: PeerVerificationError.self) { try meeting.server?.get() }
        #expect(error?.reason == .unknownAuthority)
        #expect(error?.found == Self.orders)
        #expect(thrown(TLSError.self) { try meeting.client.get() }?.code == .refusedByPeer)
        #expect(meeting.atServer == nil)
        #expect(events.all.contains("peerRefused unknownAuthority"))
    }

    @Test("a client without a certificate is refused")
    func anonymousClient() async throws {
        let root = try TestAuthority()
        let server = try ServerTLS(try await loadedCredentials(root.issue(Self.users), trusting: root.bundle()))
        let client = ClientTLS(try await loadedCredentials(nil, trusting: root.bundle()))
        let meeting = try await meet(client, server, expecting: .spiffeID(Self.users))
        #expect(thrown(TLSError.self) { try meeting.client.get() }?.code == .refusedByPeer)
        #expect(meeting.server == nil)
    }

    @Test("a server lets in only whom it expects")
    func expectedClient() async throws {
        let root = try TestAuthority()
        let server = try ServerTLS(
            try await loadedCredentials(root.issue(Self.users), trusting: root.bundle()),
            configuration: .init(expectedIdentity: .spiffeID("spiffe://prod.example/payments"))
        )
        let client = ClientTLS(try await loadedCredentials(root.issue(Self.orders), trusting: root.bundle()))
        let meeting = try await meet(client, server, expecting: .spiffeID(Self.users))
        let error = #expect(throws: PeerVerificationError.self) { try meeting.server?.get() }
        #expect(error?.reason == .identityMismatch)
        let credentials = server.credentials
        #expect(throws: TLSError.self) {
            try ServerTLS(credentials, configuration: .init(expectedIdentity: .dnsName("users.prod")))
        }
    }

    @Test("a certificate for clients only is good for a client, and no other is")
    func roles() async throws {
        let root = try TestAuthority()
        let forClients = try root.issue(
            Wish(Self.orders) { $0.extendedKeyUsage = try? ExtendedKeyUsage([.clientAuth]) }
        )
        let forServers = try root.issue(Wish(Self.users) { $0.extendedKeyUsage = try? ExtendedKeyUsage([.serverAuth]) })
        let server = try ServerTLS(try await loadedCredentials(forServers, trusting: root.bundle()))
        let good = ClientTLS(try await loadedCredentials(forClients, trusting: root.bundle()))
        #expect(try await meet(good, server, expecting: .spiffeID(Self.users)).atServer != nil)
        let bad = ClientTLS(try await loadedCredentials(forServers, trusting: root.bundle()))
        let meeting = try await meet(bad, server, expecting: .spiffeID(Self.users))
        #expect(thrown(PeerVerificationError.self) { try meeting.server?.get() }?.reason == .extendedKeyUsage)
    }

    @Test("a leaf and a root are rotated under running clients and servers")
    func rotation() async throws {
        let (old, new) = (try TestAuthority("root 1"), try TestAuthority("root 2"))
        let scope = TrustBundle.Scope.trustDomain("prod.example")
        let (identity, trust) = (Switch<TLSIdentity>(), Switch<[TrustBundle]>())
        let credentials = TLSCredentials(identity: identity, trust: [trust])
        identity.set(try old.issue("spiffe://prod.example/one").identity)
        trust.set([try TrustBundle(scope, roots: [old.certificate])])
        credentials.start()
        try await credentials.ready()
        let (client, server) = (ClientTLS(credentials), try ServerTLS(credentials))

        func met() async throws -> [String?] {
            let meeting = try await meet(client, server, expecting: .trustDomain("prod.example"))
            return [try meeting.client.get().spiffeID, meeting.atServer?.spiffeID].map { $0.map { String($0.path) } }
        }

        #expect(try await met() == ["/one", "/one"])
        identity.set(try old.issue("spiffe://prod.example/two").identity)
        #expect(try await met() == ["/two", "/two"])
        // The new root is trusted before anything is issued from it.
        trust.set([try TrustBundle(scope, roots: [old.certificate, new.certificate])])
        #expect(try await met() == ["/two", "/two"])
        identity.set(try new.issue("spiffe://prod.example/three").identity)
        #expect(try await met() == ["/three", "/three"])
        trust.set([try TrustBundle(scope, roots: [new.certificate])])
        #expect(try await met() == ["/three", "/three"])
        // A source that fails changes nothing; a certificate from the old root is now refused.
        identity.fail(NoAnswer())
        trust.fail(NoAnswer())
        #expect(try await met() == ["/three", "/three"])
        identity.set(try old.issue("spiffe://prod.example/late").identity)
        let meeting = try await meet(client, server, expecting: .trustDomain("prod.example"))
        #expect(thrown(PeerVerificationError.self) { try meeting.client.get() }?.reason == .unknownAuthority)
        await credentials.shutdown()
    }

    @Test("a peer outside the SPIFFE world is verified by its name")
    func hostName() async throws {
        let root = try TestAuthority()
        let names = try TrustBundle(.hostNames, roots: [root.certificate])
        let issued = try root.issue(Wish(Self.users) { $0.names.append(.dnsName("users.prod")) })
        let server = try ServerTLS(try await loadedCredentials(issued, trusting: root.bundle()))
        let client = ClientTLS(try await loadedCredentials(root.issue(Self.orders), trusting: names))
        #expect(try await meet(client, server, serverName: "users.prod").client.get().dnsNames == ["users.prod"])
        #expect(try await meet(client, server, expecting: .dnsName("Users.Prod.")).client.get().spiffeID == nil)
        for (expected, name) in [(nil, "orders.prod"), (.dnsName("orders.prod"), "users.prod"), (nil, "127.0.0.1")]
            as [(ExpectedIdentity?, String)]
        {
            let meeting = try await meet(client, server, expecting: expected, serverName: name)
            #expect(
                thrown(PeerVerificationError.self) { try meeting.client.get() }?.reason == .identityMismatch
            )
        }
    }

    @Test("nobody is known at the other end of a connection that has closed, and that is an error")
    func identityAfterTheEnd() async throws {
        let root = try TestAuthority()
        let server = try ServerTLS(try await loadedCredentials(root.issue(Self.users), trusting: root.bundle()))
        let client = ClientTLS(try await loadedCredentials(root.issue(Self.orders), trusting: root.bundle()))
        let listener = try await Listener.start(server)
        _ = try await ask(client, port: listener.port, expecting: .spiffeID(Self.users)).result.get()
        await listener.side.closed()
        let channel = try #require(listener.side.state.withLock { $0.channel })
        try await channel.closeFuture.get()
        // The socket that accepted it, its parent, is open still.
        await #expect(throws: ChannelError.self) { try await PeerIdentity(of: channel) }
        try await listener.stop()
    }

    @Test("a server verifies with the bundles in force when the client shows its certificate")
    func lateBundles() async throws {
        let (old, new) = (try TestAuthority("root 1"), try TestAuthority("root 2"))
        let scope = TrustBundle.Scope.trustDomain("prod.example")
        let trust = Switch<[TrustBundle]>()
        let credentials = TLSCredentials(
            identity: .fixed(try old.issue(Self.users).identity),
            trust: [trust]
        )
        trust.set([try TrustBundle(scope, roots: [old.certificate])])
        credentials.start()
        try await credentials.ready()
        let later = try TrustBundle(scope, roots: [new.certificate])
        let listener = try await Listener.start(try ServerTLS(credentials)) { trust.set([later]) }
        let client = ClientTLS(try await loadedCredentials(old.issue(Self.orders), trusting: old.bundle()))
        let side = try await ask(client, port: listener.port, expecting: .spiffeID(Self.users))
        #expect(thrown(TLSError.self) { try side.result.get() }?.code == .refusedByPeer)
        try await listener.stop()
        await credentials.shutdown()
    }

    @Test("a client that does not finish its handshake in time is let go")
    func slowClient() async throws {
        let root = try TestAuthority()
        let server = try ServerTLS(
            try await loadedCredentials(root.issue(Self.users), trusting: root.bundle()),
            configuration: .init(handshakeTimeout: .milliseconds(50))
        )
        let listener = try await Listener.start(server)
        let silent = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: Int(listener.port)).get()
        try await silent.closeFuture.get()
        await listener.side.closed()
        // One that has finished is not.
        let client = ClientTLS(try await loadedCredentials(root.issue(Self.orders), trusting: root.bundle()))
        let patient = try ServerTLS(
            server.credentials,
            configuration: .init(handshakeTimeout: .milliseconds(500))
        )
        let other = try await Listener.start(patient)
        let side = try await ask(client, port: other.port, expecting: .spiffeID(Self.users), pause: .milliseconds(700))
        #expect(try side.result.get().spiffeID?.description == Self.users)
        try await other.stop()
        try await listener.stop()
    }

    @Test("without anything to expect there is no handshake")
    func noExpectation() async throws {
        let root = try TestAuthority()
        let credentials = try await loadedCredentials(root.issue(Self.orders), trusting: root.bundle())
        let endpoint = Endpoint(.ip(.v4(0x7F00_0001), port: 1))
        func code(_ tls: ClientTLS, _ expected: ExpectedIdentity? = nil) -> TLSError.Code? {
            var endpoint = endpoint
            endpoint.expectedIdentity = expected
            return #expect(throws: TLSError.self) {
                try tls.makeHandshake(with: endpoint, serverName: nil, applicationProtocols: ["h2"])
            }?.code
        }
        #expect(code(ClientTLS(credentials)) == .noExpectation)
        #expect(code(ClientTLS(credentials), .spiffeID("users")) == .invalidExpectation)
        #expect(code(ClientTLS(credentials), .trustDomain("A")) == .invalidExpectation)
        // What the configuration expects stands in for an endpoint that says nothing.
        let tls = ClientTLS(credentials, configuration: .init(expectedIdentity: .trustDomain("prod.example")))
        _ = try tls.makeHandshake(with: endpoint, serverName: nil, applicationProtocols: ["h2"])
        let server = try ServerTLS(credentials)
        #expect(try await meet(tls, server).client.get().spiffeID?.description == Self.orders)
    }

    @Test("TLS 1.2 is spoken only where both ends allow it")
    func versions() async throws {
        let root = try TestAuthority()
        let (us, them) = (
            try await loadedCredentials(root.issue(Self.orders), trusting: root.bundle()),
            try await loadedCredentials(root.issue(Self.users), trusting: root.bundle())
        )
        let client = ClientTLS(us, configuration: .init(minimumVersion: .tls12))
        let server = try ServerTLS(them, configuration: .init(minimumVersion: .tls12))
        #expect(try await meet(client, server, expecting: .spiffeID(Self.users)).version == .tlsv13)
    }

    @Test("the protocol is agreed on: the server's best that the client offers", arguments: [["h2"], ["http/1.1"], []])
    func protocols(_ offered: [String]) async throws {
        let root = try TestAuthority()
        let credentials = try await loadedCredentials(root.issue(Self.users), trusting: root.bundle())
        let meeting = try await meet(
            ClientTLS(credentials),
            try ServerTLS(credentials),
            expecting: .spiffeID(Self.users),
            protocols: offered
        )
        #expect(meeting.applicationProtocol == offered.first)
    }

    @Test("a server that makes its handlers itself verifies clients with the callback, and refuses all without")
    func sharedContext() async throws {
        let root = try TestAuthority()
        let server = try ServerTLS(try await loadedCredentials(root.issue(Self.users), trusting: root.bundle()))
        let client = ClientTLS(try await loadedCredentials(root.issue(Self.orders), trusting: root.bundle()))
        let listener = try await Listener.startShared(server)
        let good = try await ask(client, port: listener.port, expecting: .spiffeID(Self.users))
        #expect(try good.result.get().spiffeID?.description == Self.users)
        // Nothing is known of a peer where there is no validated chain.
        await listener.side.closed()
        #expect(listener.side.state.withLock { $0.served } == 1)
        #expect(listener.side.state.withLock { $0.identity } == nil)
        let stranger = ClientTLS(
            try await loadedCredentials(TestAuthority().issue(Self.orders), trusting: root.bundle())
        )
        let bad = try await ask(stranger, port: listener.port, expecting: .spiffeID(Self.users))
        #expect(thrown(TLSError.self) { try bad.result.get() }?.code == .refusedByPeer)
        try await listener.stop()
    }

    @Test("setting up a handshake costs little")
    func cost() async throws {
        let root = try TestAuthority()
        let credentials = try await loadedCredentials(root.issue(Self.users), trusting: root.bundle())
        let (client, server) = (ClientTLS(credentials), try ServerTLS(credentials))
        let endpoint = Endpoint(.ip(.v4(0x7F00_0001), port: 1), expectedIdentity: .spiffeID(Self.users))
        let clock = ContinuousClock()
        let clientTime = try clock.measure {
            for _ in 0..<1000 {
                _ = try client.makeHandshake(with: endpoint, serverName: "users", applicationProtocols: ["h2"])
            }
        }
        let serverTime = try clock.measure {
            for _ in 0..<1000 { _ = try server.makeHandshake(applicationProtocols: ["h2"]) }
        }
        print("measured: client set-up \(clientTime / 1000), server set-up \(serverTime / 1000)")
    }
}

/// A source whose deliveries a test makes.
final class Switch<Value: Sendable>: Sendable {
    typealias Deliver = @Sendable (Result<Value, any Error>) -> Void

    private struct State {
        var deliver: Deliver?
        var last: Result<Value, any Error>?
    }

    private let state = Mutex(State())

    func set(_ value: Value) { give(.success(value)) }
    func fail(_ error: any Error) { give(.failure(error)) }

    private func give(_ result: Result<Value, any Error>) {
        let deliver = state.withLock { state in
            state.last = result
            return state.deliver
        }
        deliver?(result)
    }

    func run(_ deliver: @escaping Deliver) async {
        let last = state.withLock { state in
            state.deliver = deliver
            return state.last
        }
        if let last { deliver(last) }
        // Ends when its task is cancelled.
        for await _ in AsyncStream.makeStream(of: Never.self).stream {}
    }
}

extension Switch: IdentitySource where Value == TLSIdentity {}
extension Switch: TrustSource where Value == [TrustBundle] {}
#endif
