import MeshCore
import MeshLoadBalancing
import Synchronization

/// One policy under examination for one rule.
struct LoadBalancingExamination {
    /// What is wrong.
    struct Finding: Error {
        let what: String
    }

    let policy: LoadBalancingPolicy
    let routing: EndpointRouting
    let tolerance: Double
    let seed: UInt64
    /// What the endpoints say of their load.
    var said = Said.nothing
    private let time = ManualClock()
    private let health = ToldHealth()

    /// What the endpoints of an examination say of their load, in reports and in answers to probes.
    enum Said: CaseIterable {
        case nothing
        /// Each that it is as loaded as the others.
        case theSame
    }

    func check(_ rule: LoadBalancingRule) throws(Finding) {
        switch rule {
        case .equalEndpointsShareAlike:
            for count in [2, 3, 10, 100] { try shares(equal(count)) }
        case .honoursWeights:
            for weights in [[1, 3], [1, 2, 3, 4], [10, 10, 30], [1, 100]] as [[UInt32]] { try shares(weights) }
        case .weightZeroGetsNothing:
            try shares([0, 1, 0, 2, 0])
        case .singleEndpointGetsAll:
            try shares([1])
        case .emptySetFails:
            for set in [EndpointSet.empty, endpoints([0, 0])] {
                let error = failure(of: balancer(set))
                guard error == .noEndpoints else { throw found("a pick from nobody ends with \(error.text)") }
            }
        case .unavailableGetsNothing:
            for unavailable in [1, 4] {
                health.unavailable = Set((0..<unavailable).map { address($0) })
                let counts = try count(balancer(endpoints(equal(10))), picks: 4_000)
                for index in 0..<unavailable where counts[index, default: 0] > 0 {
                    throw found("an endpoint that may not be asked got \(counts[index, default: 0]) of 4000 calls")
                }
                for index in unavailable..<10 where counts[index, default: 0] == 0 {
                    throw found("with \(unavailable) of 10 unavailable, endpoint \(index) got nothing")
                }
            }
        case .allUnavailable:
            health.unavailable = Set((0..<4).map { address($0) })
            let error = failure(of: balancer(endpoints([1, 1, 1, 1]), panicThreshold: .zero))
            guard error == .unavailable(total: 4, ejected: 4) else { throw found("ends with \(error.text)") }
            _ = try count(balancer(endpoints([1, 1, 1, 1])), picks: 100)
        case .avoidsWhoFailed:
            let counts = try count(balancer(endpoints([1, 1, 1])), picks: 600, avoiding: [address(1)])
            guard counts[1] == nil else { throw found("a call that avoids an endpoint was sent to it") }
            _ = try count(balancer(endpoints([1])), picks: 10, avoiding: [address(0)])
        case .growingSet:
            let balancer = balancer(endpoints(equal(3)))
            _ = try count(balancer, picks: 3_000)
            balancer.update(endpoints(equal(6)))
            try compare(try count(balancer, picks: 6_000), to: equal(6), picks: 6_000)
            try remembers(endpoints([2, 1, 3, 1, 1, 1]))
        case .shrinkingSet:
            let balancer = balancer(endpoints(equal(6)))
            _ = try count(balancer, picks: 3_000)
            balancer.update(endpoints(equal(2)))
            let counts = try count(balancer, picks: 4_000)
            guard counts.keys.allSatisfy({ $0 < 2 }) else { throw found("an endpoint that has left was picked") }
            try compare(counts, to: equal(2), picks: 4_000)
            try remembers(endpoints([1, 1]))
            balancer.update(.empty)
            guard failure(of: balancer) == .noEndpoints else { throw found("an emptied set does not fail") }
        case .duplicatesCountOnce:
            let set = EndpointSet([0, 1, 0, 1, 0].map { Endpoint(address($0)) })
            let counts = try count(balancer(set), picks: 4_000)
            try compare(counts, to: [1, 1], picks: 4_000)
        case .tenThousandEndpoints:
            let counts = try count(balancer(endpoints(equal(10_000))), picks: 120_000)
            guard counts.count > 9_900 else { throw found("120000 calls reached \(counts.count) of 10000 endpoints") }
        case .leasesEnd:
            let balancer = balancer(endpoints([1, 2, 3]))
            _ = try count(balancer, picks: 1_000)
            let left = balancer.status(at: time.now).reduce(0) { $0 + $1.inFlight }
            guard left == 0 else { throw found("\(left) calls are in flight when all have ended") }
        case .seedReproduces:
            let first = try sequence()
            guard try first == sequence() else { throw found("two balancers with one seed differ") }
        }
    }

    // MARK: Parts

    private func address(_ number: Int) -> Address { .ip(.v4(0x0A00_0000 + UInt32(number)), port: 80) }

    private func number(_ endpoint: Endpoint) -> Int {
        guard case .ip(.v4(let value), _) = endpoint.address else { return -1 }
        return Int(value) - 0x0A00_0000
    }

    private func equal(_ count: Int) -> [UInt32] { Array(repeating: 1, count: count) }

    private func endpoints(_ weights: [UInt32]) -> EndpointSet {
        EndpointSet(weights.enumerated().map { Endpoint(address($0.offset), weight: $0.element) })
    }

    private func balancer(_ set: EndpointSet, panicThreshold: Fraction = 0.5) -> LoadBalancer {
        var routing = routing
        routing.panicThreshold = panicThreshold
        return LoadBalancer(
            policy: policy,
            endpoints: set,
            health: health,
            routing: routing,
            clock: time.clock,
            seed: seed
        )
    }

    private func found(_ what: String) -> Finding { Finding(what: what) }

    private func failure(of balancer: LoadBalancer) -> PickError? {
        do throws(PickError) {
            let lease = try balancer.pick(at: time.now)
            lease.end(.inconclusive, at: time.now)
            return nil
        } catch {
            return error
        }
    }

    /// Picks one after the other, each about something else, while time stands still: nothing is learnt about latency.
    private func count(
        _ balancer: LoadBalancer,
        picks: Int,
        avoiding: [Address] = []
    ) throws(Finding) -> [Int: Int] {
        let selected = balancer.status(at: time.now).filter(\.isSelected)
        let present = selected.map(\.endpoint).filter(\.takesCalls)
        var random = SplitMix64(seed: seed)
        if case .theSame = said, case .reportedWeights(let rule) = policy {
            // Reports count when a blackout has passed, and weights are brought up to date now and then. Everyone has a call
            // before that.
            let weights = present.map { Double($0.weight) }
            let round = Int((weights.reduce(0, +) / (weights.min() ?? 1)).rounded(.up))
            for pause in [rule.blackoutPeriod, rule.updatePeriod] {
                for _ in 0..<2 * round { _ = try pick(balancer, among: present, avoiding: [], using: &random) }
                time.advance(by: pause)
            }
        }
        var counts: [Int: Int] = [:]
        for _ in 0..<picks {
            let endpoint = try pick(balancer, among: present, avoiding: avoiding, using: &random)
            counts[number(endpoint), default: 0] += 1
        }
        return counts
    }

    /// One call, about something of its own.
    private func pick(
        _ balancer: LoadBalancer,
        among present: [Endpoint],
        avoiding: [Address],
        using random: inout SplitMix64
    ) throws(Finding) -> Endpoint {
        if case .theSame = said, case .prequal = policy {
            // As many probes as are sent for a call by default.
            let answer = ProbeResponse(requestsInFlight: 1, latency: .milliseconds(1))
            for _ in 0..<3 {
                guard let endpoint = present.randomElement(using: &random) else { break }
                balancer.record(answer, from: endpoint.address, at: time.now)
            }
        }
        do throws(PickError) {
            let lease = try balancer.pick(at: time.now, avoiding: avoiding, hashKey: random.next())
            let endpoint = lease.endpoint
            if case .theSame = said, lease.takesLoadReports, let report = Self.report {
                lease.record(report, at: time.now)
            }
            lease.end(.inconclusive, at: time.now)
            return endpoint
        } catch {
            throw found("a pick fails: \(error)")
        }
    }

    private static let report = try? LoadReport(cpuUtilization: 0.5, requestsPerSecond: 100)

    /// Checks that an update leaves calls in flight and latencies of those that stay as they are.
    private func remembers(_ update: EndpointSet) throws(Finding) {
        let balancer = balancer(endpoints(equal(3)))
        let before: [LoadBalancer.EndpointStatus]
        let after: [LoadBalancer.EndpointStatus]
        do throws(PickError) {
            let first = try balancer.pick(at: time.now, hashKey: 1)
            let second = try balancer.pick(at: time.now, hashKey: 2)
            let third = try balancer.pick(at: time.now, hashKey: 3)
            time.advance(by: .milliseconds(50))
            third.end(.success, at: time.now)
            before = balancer.status(at: time.now)
            balancer.update(update)
            after = balancer.status(at: time.now)
            first.end(.success, at: time.now)
            second.end(.success, at: time.now)
        } catch {
            throw found("a pick fails: \(error)")
        }
        for old in before {
            guard let new = after.first(where: { $0.endpoint.address == old.endpoint.address }) else { continue }
            guard new.inFlight == old.inFlight, new.latency == old.latency else {
                throw found(
                    "an update changed what is known of an endpoint that stays: from \(old.inFlight) in flight and "
                        + "\(old.latency) to \(new.inFlight) and \(new.latency)"
                )
            }
        }
        let left = balancer.status(at: time.now).reduce(0) { $0 + $1.inFlight }
        guard left == 0 else { throw found("\(left) calls that an update came into are in flight for ever") }
    }

    private func sequence() throws(Finding) -> [Int] {
        let balancer = balancer(endpoints([1, 2, 3, 4, 5]))
        var picks: [Int] = []
        for key in 0..<200 {
            do throws(PickError) {
                let lease = try balancer.pick(at: time.now, hashKey: UInt64(key))
                picks.append(number(lease.endpoint))
            } catch {
                throw found("a pick fails: \(error)")
            }
        }
        return picks
    }

    private func shares(_ weights: [UInt32]) throws(Finding) {
        let picks = max(20_000, weights.count * 1_000)
        let counts = try count(balancer(endpoints(weights)), picks: picks)
        try compare(counts, to: weights, picks: picks)
    }

    private func compare(_ counts: [Int: Int], to weights: [UInt32], picks: Int) throws(Finding) {
        // Who all say the same get the same.
        let weights = said == .theSame ? weights.map { min($0, 1) } : weights
        let total = Double(weights.reduce(0, +))
        for (index, weight) in weights.enumerated() {
            let expected = Double(picks) * Double(weight) / total
            let count = Double(counts[index, default: 0])
            // Chance alone: four standard deviations, of calls that come in twos and threes where an answer is used as often.
            let slack = max(expected * tolerance, (said == .theSame ? 8 : 4) * expected.squareRoot())
            guard abs(count - expected) <= slack, weight > 0 || count == 0 else {
                throw found(
                    "endpoint \(index) of weights \(weights) got \(Int(count)) of \(picks) calls, not \(Int(expected))"
                )
            }
        }
    }
}

extension PickError? {
    fileprivate var text: String { map { "\"\($0)\"" } ?? "an endpoint" }
}

/// Health that does as it is told.
private final class ToldHealth: HealthTracker {
    private let told = Mutex<Set<Address>>([])

    var unavailable: Set<Address> {
        get { told.withLock { $0 } }
        set { told.withLock { $0 = newValue } }
    }

    var unavailableCount: Int { told.withLock { $0.count } }

    func track(_ endpoint: Endpoint) -> Health { Health(address: endpoint.address, tracker: self) }

    final class Health: EndpointHealth {
        let address: Address
        let tracker: ToldHealth

        init(address: Address, tracker: ToldHealth) {
            self.address = address
            self.tracker = tracker
        }

        func availability(at now: MeshInstant) -> Availability {
            tracker.told.withLock { $0.contains(address) } ? .unavailable : .available
        }

        func admit(at now: MeshInstant) -> HealthTicket? {
            availability(at: now) == .unavailable ? nil : HealthTicket()
        }

        func record(_ outcome: Outcome, of ticket: HealthTicket, at now: MeshInstant) {}
        func update(_ endpoint: Endpoint) {}
        func retire() {}
    }
}
