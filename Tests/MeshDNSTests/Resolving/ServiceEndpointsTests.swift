import MeshCore
import Testing

@testable import MeshDNS

@Suite struct ServiceEndpointsTests {
    let addresses: [DNSName: [IPAddress]] = [
        "a": [IPAddress("10.0.0.1")!], "b": [IPAddress("fd00::2")!, IPAddress("10.0.0.2")!],
        "c": [IPAddress("10.0.0.3")!],
    ]

    func set(_ services: [(UInt16, UInt16, UInt16, DNSName)]) -> [String] {
        EndpointSet(
            services: services.map { DNSService(priority: $0, weight: $1, port: $2, target: $3) },
            addresses: addresses
        ).endpoints.map { "\($0.address) p\($0.priority) w\($0.weight) \($0.metadata["dns.target"] ?? "")" }
    }

    @Test func `priorities become ranks, and each address an endpoint`() {
        #expect(
            set([(500, 5, 80, "c"), (10, 60, 81, "b"), (10, 20, 80, "a")]) == [
                "10.0.0.1:80 p0 w20 a", "10.0.0.2:81 p0 w60 b", "[fd00::2]:81 p0 w60 b", "10.0.0.3:80 p1 w5 c",
            ]
        )
    }

    @Test func `the order of the records does not matter`() {
        let services: [(UInt16, UInt16, UInt16, DNSName)] = [
            (1, 1, 80, "a"), (1, 1, 80, "b"), (2, 1, 80, "c"), (1, 2, 81, "a"),
        ]
        #expect(set(services) == set(services.reversed()))
    }

    @Test func `weights of zero alone count the same`() {
        #expect(set([(1, 0, 80, "a"), (1, 0, 80, "c")]) == ["10.0.0.1:80 p0 w1 a", "10.0.0.3:80 p0 w1 c"])
    }

    @Test func `weights of zero beside others share one part more than the sum`() {
        // RFC 2782: a number from 0 to 60 is drawn, and only 0 selects a record of weight 0: 1 in 61, or 2 in 122.
        #expect(
            set([(1, 60, 80, "a"), (1, 0, 81, "a"), (1, 0, 80, "c")]) == [
                "10.0.0.1:80 p0 w120 a", "10.0.0.1:81 p0 w1 a", "10.0.0.3:80 p0 w1 c",
            ]
        )
        #expect(set([(1, 65535, 80, "a"), (1, 0, 80, "c")]) == ["10.0.0.1:80 p0 w65535 a", "10.0.0.3:80 p0 w1 c"])
    }

    @Test func `the root, port zero and unknown targets are no endpoints`() {
        #expect(set([(1, 1, 80, .root), (1, 1, 0, "a"), (1, 1, 80, "nowhere")]).isEmpty)
    }
}
