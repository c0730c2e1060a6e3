#if TLS
import MeshCore
import MeshTLS
import NIOSSL
import Testing

/// Credentials that have loaded what they were given.
func credentials(
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

@Suite("Handshakes over TCP")
struct HandshakeTests {
    static let users = "spiffe://prod.example/users"
    static let orders = "spiffe://prod.example/orders"

    @Test("both ends prove who they are")
    func mutual() async throws {
        let root = try TestAuthority()
        let client = ClientTLS(try await credentials(root.issue(Self.orders), trusting: root.bundle()))
        let server = try ServerTLS(try await credentials(root.issue(Self.users), trusting: root.bundle()))
        let meeting = try await meet(client, server, expecting: .spiffeID(Self.users))
        #expect(try meeting.client.get().spiffeID?.description == Self.users)
        #expect(try meeting.server?.get().spiffeID?.description == Self.orders)
        #expect(meeting.atServer == (try meeting.server?.get()))
        #expect(meeting.applicationProtocol == "h2")
        #expect(meeting.version == .tlsv13)
    }
}
#endif
