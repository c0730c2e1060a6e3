#if AsyncHTTPClient
import AsyncHTTPClient
import MeshCore
import MeshTLS
import Synchronization
import TestSupport
import NIOHTTP1
import Testing

@testable import MeshAsyncHTTPClient

@Suite("Rotation over AsyncHTTPClient", .takesTurns)
struct RotationTests {
    static let request = HTTPClientRequest(url: "https://users/")
    /// After this the connection is not used again.
    static let last: HTTPClientRequest = {
        var request = RotationTests.request
        request.headers.add(name: "Connection", value: "close")
        return request
    }()

    private final class Progress: Sendable {
        let calls = Atomic(0)
        let isOver = Atomic(false)

        func goesOn() async throws {
            let next = calls.load(ordering: .relaxed) + 40
            try await eventually("calls go on", within: .seconds(30)) { calls.load(ordering: .relaxed) >= next }
        }
    }

    @Test("a new certificate is shown from the next connection on")
    func certificate() async throws {
        let root = try TestAuthority()
        let (first, second) = (try root.issue(Client.orders), try root.issue(Client.orders))
        let client = try await Client(first, trusting: [root.bundle()])
        try await IdentityServer.with(root.issue(Client.users), trusting: [root]) { server in
            try await withTransport(client.configuration(.http1Only)) { transport in
                try await transport.expectOK(Self.request, from: server.endpoint())
                client.identity.set(try second.identity)
                try await transport.expectOK(Self.last, from: server.endpoint())
                try await transport.expectOK(Self.request, from: server.endpoint())
                #expect(transport.openClientCount == 1)
            }
            let shown = try server.clients.map { try (first.isShown(by: $0), second.isShown(by: $0)) }
            #expect(shown.map(\.0) == [true, true, false])
            #expect(shown.map(\.1) == [false, false, true])
            #expect(server.accepted == 2)
        }
    }

    @Test("a root that has gone vouches for no new call; the bundle of another domain changes nothing")
    func withdrawn() async throws {
        let (old, new) = (try TestAuthority("old"), try TestAuthority("new"))
        let client = try await old.client()
        try await IdentityServer.with(old.issue(Client.users), trusting: [old]) { server in
            try await withTransport(client.configuration(.http1Only)) { transport in
                try await transport.expectOK(Self.request, from: server.endpoint())
                client.trust.set([try old.bundle(), try new.bundle("other.example")])
                try await transport.expectOK(Self.request, from: server.endpoint())
                #expect(server.accepted == 1)
                client.trust.set([try new.bundle()])
                let error = try await transportError {
                    _ = try await transport.send(Self.request, to: server.endpoint())
                }
                #expect((error.underlying as? PeerVerificationError)?.reason == .unverifiedChain)
                try await eventually("the client of before is closed") { transport.openClientCount == 1 }
            }
        }
    }

    @Test("roots are rotated under running calls, and none fails", arguments: IdentityTests.Version.allCases)
    func roots(version: IdentityTests.Version) async throws {
        let (old, new) = (try TestAuthority("old"), try TestAuthority("new"))
        let scope = TrustBundle.Scope.trustDomain("prod.example")
        let client = try await old.client()
        try await IdentityServer.with(old.issue(Client.users), trusting: [old, new]) { server in
            try await withTransport(client.configuration(version.setting)) { transport in
                let progress = Progress()
                try await withThrowingTaskGroup { group in
                    for _ in 0..<4 {
                        group.addTask {
                            while !progress.isOver.load(ordering: .relaxed) {
                                try await transport.expectOK(Self.request, from: server.endpoint())
                                progress.calls.add(1, ordering: .relaxed)
                            }
                        }
                    }
                    defer { progress.isOver.store(true, ordering: .relaxed) }
                    try await progress.goesOn()
                    client.trust.set([try TrustBundle(scope, roots: [old.certificate, new.certificate])])
                    try await progress.goesOn()
                    server.show(try new.issue(Client.users))
                    client.identity.set(try new.issue(Client.orders).identity)
                    try await progress.goesOn()
                    client.trust.set([try TrustBundle(scope, roots: [new.certificate])])
                    try await progress.goesOn()
                    progress.isOver.store(true, ordering: .relaxed)
                    try await group.waitForAll()
                }
            }
            try await eventually("every connection is closed") { server.open == 0 }
        }
    }
}
#endif
