import MeshCore
import Testing

@testable import MeshLoadBalancing

/// The tables of docs/guides/load-balancing.md, "Large fleets: who talks to whom". Whoever changes one changes both.
@Suite("Large fleets")
struct LargeFleetTests {
    enum Rule: String, Sendable, CaseIterable {
        case none = "none"
        case random = "random, 20"
        case aperture = "aperture, 12"

        func narrowing(_ client: Int, of clients: Int) throws -> Narrowing {
            switch self {
            case .none: .none
            case .random: .lowest(20)
            case .aperture:
                .arc(
                    Narrowing.Arc(
                        coordinate: try ProcessCoordinate(instance: client, of: clients),
                        endpoints: 12,
                        minimum: 12
                    )
                )
            }
        }

        /// The seed of a client, known by its name and not by its place.
        func seed(_ name: Int) -> UInt64 { self == .random ? XXH64.hash(UInt64(name)) : 0 }
    }

    /// Who talks to whom, and how much: for each client by name the share of its calls that each server gets.
    struct Fleet {
        var shares: [Int: [Int: Double]] = [:]

        init(_ rule: Rule, clients: [Int], servers: [Int], from roster: inout Roster) throws {
            let present = Set(servers)
            for (place, name) in clients.enumerated() {
                let own = roster.nodes(of: present, seed: rule.seed(name))
                let group = EndpointGroup(own, narrowing: try rule.narrowing(place, of: clients.count), policy: .random)
                let count = Double(group.members.count)
                let parts = zip(group.nodes, group.members).map {
                    ($0.endpoint.number, 1 / (Double($1.inverseWeight) * count))
                }
                shares[name] = Dictionary(uniqueKeysWithValues: parts)
            }
        }

        /// The load of the busiest server over the mean; all clients call as much.
        func imbalance(of servers: [Int]) -> Double {
            var loads: [Int: Double] = [:]
            for share in shares.values { for (server, part) in share { loads[server, default: 0] += part } }
            return (loads.values.max() ?? 0) * Double(servers.count) / Double(shares.count)
        }

        func idle(of servers: [Int]) -> Int {
            let busy = Set(shares.values.lazy.flatMap(\.keys))
            return servers.count { !busy.contains($0) }
        }

        var connections: Int { shares.values.reduce(0) { $0 + $1.count } }

        /// The connections that clients open which were there before, as a share of those that there were.
        func opened(since before: Fleet) -> Double {
            var opened = 0
            for (name, share) in shares {
                guard let old = before.shares[name] else { continue }
                opened += share.keys.count { old[$0] == nil }
            }
            return Double(opened) / Double(before.connections)
        }
    }

    /// All servers that there ever are, as clients see them, made once for each seed.
    struct Roster {
        let count: Int
        private let surroundings = EndpointNode.Surroundings(policy: .random, stripes: 1) { _ in }
        /// In order, so that sorting them again costs little.
        private var known: [UInt64: ContiguousArray<EndpointNode>] = [:]

        init(count: Int) {
            self.count = count
        }

        mutating func nodes(of servers: Set<Int>, seed: UInt64) -> ContiguousArray<EndpointNode> {
            if known[seed] == nil { known[seed] = all(seed: seed) }
            return known[seed, default: []].filter { servers.contains($0.endpoint.number) }
        }

        private func all(seed: UInt64) -> ContiguousArray<EndpointNode> {
            let nodes = (0..<count).map { server in
                let endpoint = Endpoint.number(server)
                let state = EndpointState(
                    health: AlwaysHealthy(),
                    latency: PeakEWMA().initial(at: .start),
                    rank: XXH64.hash("\(endpoint.address)", seed: seed),
                    at: .start
                )
                return EndpointNode(endpoint: endpoint, state: state, in: surroundings)
            }
            return ContiguousArray(nodes.sorted { $0.state.rank < $1.state.rank })
        }
    }

    struct Row: Sendable {
        var clients: Int
        var servers: Int
        var rule: Rule
        /// Of a client.
        var connections: Double
        /// The load of the busiest server over the mean.
        var imbalance: Double
        /// The servers that nobody talks to, in percent.
        var idle: Double
        /// Connections opened when one server comes, one goes, one client comes, one goes, in percent.
        var churn: [Double]
    }

    static let rows: [Row] = [
        Row(clients: 100, servers: 100, rule: .none, connections: 100, imbalance: 1, idle: 0, churn: [1, 0, 0, 0]),
        Row(
            clients: 100,
            servers: 100,
            rule: .random,
            connections: 20,
            imbalance: 1.6,
            idle: 0,
            churn: [0.9, 1.15, 0, 0]
        ),
        Row(
            clients: 100,
            servers: 100,
            rule: .aperture,
            connections: 12,
            imbalance: 1,
            idle: 0,
            churn: [9.3, 16.5, 15.5, 9.2]
        ),
        Row(
            clients: 100,
            servers: 500,
            rule: .random,
            connections: 20,
            imbalance: 2.75,
            idle: 2.6,
            churn: [0.2, 0.3, 0, 0]
        ),
        Row(
            clients: 100,
            servers: 500,
            rule: .aperture,
            connections: 15,
            imbalance: 1,
            idle: 0,
            churn: [6.8, 6.6, 14.2, 15.4]
        ),
        Row(
            clients: 10,
            servers: 1_000,
            rule: .random,
            connections: 20,
            imbalance: 10,
            idle: 81.2,
            churn: [0.4, 0.1, 0, 0]
        ),
        Row(
            clients: 10,
            servers: 1_000,
            rule: .aperture,
            connections: 100,
            imbalance: 1,
            idle: 0,
            churn: [1, 0.9, 27.4, 37.2]
        ),
    ]

    /// The mean over four changes, spread over the fleet.
    private static let samples = 4

    @Test("the tables of the guide", arguments: rows)
    func table(row: Row) throws {
        let clients = Array(0..<row.clients)
        let servers = Array(0..<row.servers)
        var roster = Roster(count: row.servers + Self.samples)
        func fleet(_ clients: [Int], _ servers: [Int]) throws -> Fleet {
            try Fleet(row.rule, clients: clients, servers: servers, from: &roster)
        }
        let before = try fleet(clients, servers)
        var churn = [0.0, 0, 0, 0]
        for sample in 0..<Self.samples {
            let server = sample * row.servers / Self.samples
            let client = sample * row.clients / Self.samples
            var more = clients
            more.insert(row.clients, at: client)
            let changed = [
                try fleet(clients, servers + [row.servers + sample]),
                try fleet(clients, servers.filter { $0 != server }),
                try fleet(more, servers),
                try fleet(clients.filter { $0 != client }, servers),
            ]
            for (index, fleet) in changed.enumerated() {
                churn[index] += fleet.opened(since: before) * 100 / Double(Self.samples)
            }
        }
        let connections = Double(before.connections) / Double(row.clients)
        let imbalance = before.imbalance(of: servers)
        func text(_ value: Double, _ unit: Double) -> String { "\((value / unit).rounded() / (1 / unit).rounded())" }
        let idle = Double(before.idle(of: servers)) * 100 / Double(row.servers)
        let cells = [text(connections, 0.1), text(imbalance, 0.01), text(idle, 0.1)] + churn.map { text($0, 0.1) }
        print("| \(row.clients) on \(row.servers) | \(row.rule.rawValue) | \(cells.joined(separator: " | ")) |")
        #expect(abs(connections - row.connections) < 0.06)
        #expect(abs(imbalance - row.imbalance) < 0.006)
        #expect(abs(idle - row.idle) < 0.06, "\(idle)")
        for (value, expected) in zip(churn, row.churn) { #expect(abs(value - expected) < 0.06, "\(churn)") }
    }
}
