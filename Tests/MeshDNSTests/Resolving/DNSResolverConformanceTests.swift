import MeshCore
import MeshDiscovery
import MeshTesting
import Synchronization
import TestSupport
import Testing

@testable import MeshDNS

@Suite(.takesTurns) struct DNSResolverConformanceTests {
    @Test func `the DNS resolver obeys the rules of resolvers`() async throws {
        let report = try await ResolverConformance {
            let time = ManualClock()
            let zone = Zone()
            let exchange = ScriptedExchange { _ in zone.reply }
            let client = DNSClient(
                .fixed(DNSConfiguration(servers: [DNSServer(.v4(1))], attempts: 1)),
                policy: DNSPolicy(addressFamilies: .v4),
                exchange: exchange,
                clock: time.clock
            )
            return ResolverConformance.Subject(
                try DNSResolver(Target("dns:///users:80"), client: client, random: RandomSource(seed: 1)),
                change: { zone.addresses = $0.endpoints.map(\.address) },
                fail: { zone.addresses = nil },
                tick: {
                    time.advance(by: .milliseconds(300))
                    try await Task.sleep(for: .milliseconds(1))
                },
                resources: { exchange.waiting + time.sleeperCount }
            )
        }.check()
        #expect(report.skipped.isEmpty)
        #expect(report.passed.count == ResolverRule.allCases.count)
    }
}

/// The A records of one name; `nil` if the server is broken.
private final class Zone: Sendable {
    private let state = Mutex<[Address]?>([])

    var addresses: [Address]? {
        get { state.withLock { $0 } }
        set { state.withLock { $0 = newValue } }
    }

    var reply: ScriptedExchange.Reply {
        guard let addresses else { return .code(.serverFailure) }
        guard !addresses.isEmpty else { return .no(.noSuchName, ttl: 1) }
        return .message { message in
            message.answers = addresses.compactMap { address in
                guard case .ip(let ip, _) = address else { return nil }
                return DNSRecord("users", ttl: 1, .address(ip))
            }
        }
    }
}
