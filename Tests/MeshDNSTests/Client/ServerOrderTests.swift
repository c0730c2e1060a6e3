import MeshCore
import Testing

@testable import MeshDNS

@Suite struct ServerOrderTests {
    let servers = (1...3).map { DNSServer(.v4($0)) }
    let now = MeshInstant(nanoseconds: 1_000_000_000_000)

    func indices(_ order: inout ServerOrder, rotation: DNSConfiguration.Rotation = .none, after: Duration = .zero)
        -> [Int]
    {
        let configuration = DNSConfiguration(servers: servers, rotation: rotation)
        return order.servers(of: configuration, at: now.advanced(by: after)).map { servers.firstIndex(of: $0)! }
    }

    @Test func `servers are asked as configured`() {
        var order = ServerOrder()
        #expect(indices(&order) == [0, 1, 2])
        #expect(indices(&order) == [0, 1, 2])
    }

    @Test func `rotation begins one further each time`() {
        var order = ServerOrder()
        #expect(
            (0..<4).map { _ in indices(&order, rotation: .everyQuestion) } == [
                [0, 1, 2], [1, 2, 0], [2, 0, 1], [0, 1, 2],
            ]
        )
    }

    @Test func `a server that did not answer comes last for a while`() {
        var order = ServerOrder()
        order.failed(servers[0], at: now)
        #expect(indices(&order) == [1, 2, 0])
        #expect(indices(&order, after: .milliseconds(4_999)) == [1, 2, 0])
        #expect(indices(&order, after: .seconds(5)) == [0, 1, 2])

        order.failed(servers[0], at: now)
        order.failed(servers[1], at: now)
        #expect(indices(&order) == [2, 1, 0])
        #expect(indices(&order, after: .seconds(9)) == [1, 2, 0])
        order.answered(servers[0])
        #expect(indices(&order) == [0, 2, 1])
    }

    @Test func `the wait ends at a minute`() {
        var order = ServerOrder()
        for _ in 0..<40 { order.failed(servers[0], at: now) }
        #expect(indices(&order, after: .seconds(59)) == [1, 2, 0])
        #expect(indices(&order, after: .seconds(60)) == [0, 1, 2])
    }
}
