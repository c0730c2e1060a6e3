#if DNS
import Foundation
import MeshCore
import MeshDiscovery
import MeshTesting
import Synchronization
import TestSupport
import Testing

@testable import MeshDNS

/// Discovery against real name servers: `apt-get install knot bind9 bind9-dnsutils`.
@Suite("Integration: DNS", .takesTurns) struct NameServerIntegrationTests {
    /// Waits, on the real clock, until the newest element satisfies the condition.
    func until(_ follower: Follower, _ condition: (Resolution) -> Bool) async throws -> Resolution {
        for _ in 0..<2_000 {
            if let last = follower.resolutions.last, condition(last) { return last }
            try await Task.sleep(for: .milliseconds(5))
        }
        Issue.record("waited in vain; so far: \(follower.resolutions)")
        throw CancellationError()
    }

    static func services(_ count: Int) -> [String] {
        (0..<count).map { "add _big._tcp.mesh.test 2 SRV 10 \($0) \(20_000 + $0) b\($0 % 4).mesh.test." }
    }

    @Test(
        "addresses follow live updates, and a server that stops is a failure and not the empty set",
        .enabled(if: NameServerProcess.Program.knot.path != nil, "needs knotd and nsupdate")
    )
    func addresses() async throws {
        let knot = try await NameServerProcess(
            .knot,
            zone: "users IN A 127.0.0.1\nusers IN AAAA ::1\nalias IN CNAME users"
        )
        let resolver = try DNSResolver(Target("dns://\(knot.server)/users.mesh.test:8080"))
        let follower = Follower(resolver)
        #expect(await follower.element(0).addresses == ["127.0.0.1:8080", "[::1]:8080"])

        let client = knot.client()
        let alias = try await client.lookup(DNSName("alias.mesh.test"), .a)
        #expect(alias.addresses.count == 1)
        #expect(alias.lifetime == .seconds(2))

        try await knot.update("add users.mesh.test 1 A 127.0.0.2")
        let updated = ContinuousClock.now
        _ = try await until(follower) { $0.addresses == ["127.0.0.1:8080", "127.0.0.2:8080", "[::1]:8080"] }
        // The TTL was 2 s; the rest is what a busy machine may take.
        #expect(updated.duration(to: .now) < .seconds(4))
        try await knot.update("delete users.mesh.test A 127.0.0.1", "delete users.mesh.test AAAA")
        _ = try await until(follower) { $0.addresses == ["127.0.0.2:8080"] }

        await knot.stop()
        let failure = try await until(follower) { $0.addresses == nil }
        guard case .failure(let error) = failure else { return }
        #expect(error.source == "DNS users.mesh.test A")
        #expect(error.reason == "\(knot.server): unreachable: Connection refused")
        await follower.cancel()
    }

    @Test(
        "no such name, no such records, and how long that holds",
        .enabled(if: NameServerProcess.Program.knot.path != nil, "needs knotd and nsupdate")
    )
    func negative() async throws {
        let knot = try await NameServerProcess(.knot, zone: "users IN A 127.0.0.1")
        // However long the updates take, the cache's time stands still meanwhile.
        let time = ManualClock()
        let client = knot.client(clock: time.clock)
        let missing = try await client.lookup(DNSName("missing.mesh.test"), .a)
        #expect(missing.result == .noSuchName)
        #expect(missing.lifetime == .seconds(2))
        #expect(try await client.lookup(DNSName("users.mesh.test"), .aaaa).result == .noData)
        let error = await #expect(throws: DNSLookupError.self) {
            try await client.lookup(DNSName("other.test"), .a)
        }
        #expect(error?.tries.map(\.error) == [.responseCode(.refused)])

        // Published meanwhile, and not seen before the negative answer has expired.
        try await knot.update("add missing.mesh.test 2 A 127.0.0.3")
        #expect(try await client.lookup(DNSName("missing.mesh.test"), .a).result == .noSuchName)
        time.advance(by: .seconds(2))
        #expect(try await client.lookup(DNSName("missing.mesh.test"), .a).addresses.count == 1)

        let follower = Follower(try DNSResolver(Target("dns://\(knot.server)/later.mesh.test:80")))
        #expect(await follower.element(0) == .endpoints(.empty))
        try await knot.update("add later.mesh.test 2 A 127.0.0.4")
        #expect(try await until(follower) { $0 != .endpoints(.empty) }.addresses == ["127.0.0.4:80"])
        await follower.cancel()
        await knot.stop()
    }

    @Test(
        "services of Knot follow live updates, and a large set comes over TCP",
        .enabled(if: NameServerProcess.Program.knot.path != nil, "needs knotd and nsupdate")
    )
    func servicesOfKnot() async throws {
        try await services(.knot)
    }

    @Test(
        "services of BIND follow live updates, and a large set comes over TCP",
        .enabled(if: NameServerProcess.Program.bind.path != nil, "needs named and nsupdate")
    )
    func servicesOfBIND() async throws {
        try await services(.bind)
    }

    func services(_ program: NameServerProcess.Program) async throws {
        let hosts = (0..<4).map { "b\($0) IN A 127.0.0.\($0 + 1)" }.joined(separator: "\n")
        let server = try await NameServerProcess(
            program,
            zone: "\(hosts)\n_http._tcp.svc IN SRV 10 60 18081 b1\n_http._tcp.svc IN SRV 20 0 18082 b2"
        )
        let resolver = try DNSResolver(Target("dns+srv://\(server.server)/_http._tcp.svc.mesh.test"))
        let follower = Follower(resolver)
        #expect(
            await follower.element(0)
                == .endpoints([
                    Endpoint(try Address("127.0.0.2:18081"), weight: 60, metadata: ["dns.target": "b1.mesh.test"]),
                    Endpoint(try Address("127.0.0.3:18082"), priority: 1, metadata: ["dns.target": "b2.mesh.test"]),
                ])
        )
        try await server.update("add _http._tcp.svc.mesh.test 2 SRV 10 40 18083 b3.mesh.test.")
        #expect(try await until(follower) { $0.addresses?.count == 3 }.addresses?[1] == "127.0.0.4:18083")
        try await server.update("delete _http._tcp.svc.mesh.test SRV")
        #expect(try await until(follower) { $0.addresses?.isEmpty == true } == .endpoints(.empty))
        await follower.cancel()

        try await server.update(Self.services(200))
        let exchange = CountingExchange()
        let client = DNSClient(.fixed(DNSConfiguration(servers: [server.server])), exchange: exchange)
        let large = Follower(try DNSResolver(Target("dns+srv:///_big._tcp.mesh.test"), client: client))
        #expect(await large.element(0).addresses?.count == 200)
        #expect(exchange.connections.load(ordering: .relaxed) == 1)
        await large.cancel()
        await server.stop()
    }

    @Test(
        "the second server takes over, without a failure in between",
        .enabled(if: NameServerProcess.Program.knot.path != nil, "needs knotd and nsupdate")
    )
    func failover() async throws {
        let first = try await NameServerProcess(.knot, zone: "users IN A 127.0.0.1")
        let second = try await NameServerProcess(.knot, zone: "users IN A 127.0.0.1")
        let follower = Follower(
            try DNSResolver(Target("dns://\(first.server),\(second.server)/users.mesh.test:80"))
        )
        #expect(await follower.element(0).addresses == ["127.0.0.1:80"])
        await first.stop()
        try await second.update("add users.mesh.test 2 A 127.0.0.2")
        #expect(try await until(follower) { $0.addresses?.count == 2 }.addresses?.last == "127.0.0.2:80")
        // The change of servers was no failure.
        #expect(follower.resolutions.count == 2)
        await second.stop()
        _ = try await until(follower) { $0.addresses == nil }
        await follower.cancel()
    }
}

/// Real sockets, and how often they were TCP.
private final class CountingExchange: DNSExchange {
    let connections = Atomic(0)
    private let sockets = SocketExchange()

    func reply(
        to query: [UInt8],
        from server: DNSServer,
        over transport: DNSTransport,
        accepting isReply: @escaping @Sendable ([UInt8]) -> Bool
    ) async throws -> [UInt8] {
        if transport == .tcp { connections.add(1, ordering: .relaxed) }
        return try await sockets.reply(to: query, from: server, over: transport, accepting: isReply)
    }
}
#endif
