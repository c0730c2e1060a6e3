import MeshCore
import MeshTesting
import Synchronization
import TestSupport
import Testing

@testable import MeshLoadBalancing

@Suite("The load balancer", .takesTurns)
struct LoadBalancerTests {
    private let tracker = ScriptedTracker()

    // MARK: Leases

    @Test("a lease counts as a call in flight until it ends, or is dropped")
    func inFlight() throws {
        let balancer = LoadBalancer.standing(endpoints: .of(1), health: tracker)
        let first = try balancer.pick(at: .start)
        do {
            let dropped = try balancer.pick(at: .start)
            #expect(dropped.endpoint == .number(0))
            #expect(balancer.totalInFlight == 2)
        }
        #expect(balancer.totalInFlight == 1)
        first.end(.success, at: .start)
        #expect(balancer.totalInFlight == 0)
        #expect(tracker[0].recorded == [.inconclusive, .success])
    }

    @Test("a lease that is dropped teaches nothing")
    func dropped() throws {
        let balancer = LoadBalancer.standing(endpoints: .of(1))
        let before = balancer.latency(of: 0, at: .start)
        _ = try balancer.pick(at: .start + .seconds(-60))
        #expect(balancer.latency(of: 0, at: .start) == before)
    }

    @Test("a lease lives across suspensions and errors, and ends once on every way out")
    func acrossSuspensions() async throws {
        let balancer = LoadBalancer.standing(endpoints: .of(1), health: tracker)

        func call(_ work: () async throws -> Void) async throws {
            let lease = try balancer.pick(at: .start)
            await Task.yield()
            do {
                try await work()
            } catch is Broken {
                lease.end(.failure, at: .start)
                throw Broken()
            }
            lease.end(.success, at: .start)
        }

        try await call {}
        await #expect(throws: Broken.self) { try await call { throw Broken() } }
        // Neither ended nor consumed: dropped on the way out.
        await #expect(throws: CancellationError.self) { try await call { throw CancellationError() } }
        #expect(tracker[0].recorded == [.success, .failure, .inconclusive])
        #expect(balancer.totalInFlight == 0)
    }

    @Test("the latency of a call is the time to its head, if that was noted")
    func headArrived() throws {
        let balancer = LoadBalancer.standing(policy: .peakEWMA(PeakEWMA(defaultLatency: .zero)), endpoints: .of(1))
        var lease = try balancer.pick(at: .start)
        lease.headArrived(at: .start + .milliseconds(20))
        lease.end(.success, at: .start + .seconds(60))
        let latency = try #require(balancer.latency(of: 0, at: .start + .seconds(60)))
        #expect(abs(latency.inSeconds - 0.02) < 0.0001)
    }

    @Test("only calls that wait for their answer keep an average from decaying; a body that is read for hours does not")
    func longBody() throws {
        let balancer = LoadBalancer.standing(endpoints: .of(2), seed: 11)
        func tries(after duration: Duration) throws -> Bool {
            var found = false
            for _ in 0..<40 where try balancer.pick(at: .start + duration).endpoint.number == 0 { found = true }
            return found
        }
        // One is slow and busy, the other answers in 20 ms.
        try balancer.pick(at: .start, avoiding: [.number(1)]).end(.failure, at: .start)
        var lease = try balancer.pick(at: .start, avoiding: [.number(1)])
        for second in 0..<120 {
            let now = MeshInstant.start + .seconds(second)
            try balancer.pick(at: now, avoiding: [.number(0)]).end(.success, at: now + .milliseconds(20))
        }
        #expect(try !tries(after: .seconds(120)))
        lease.headArrived(at: .start + .seconds(120))
        lease.headArrived(at: .start + .seconds(121))
        #expect(balancer.totalInFlight == 1)
        #expect(try tries(after: .seconds(120)))
        lease.end(.success, at: .start + .seconds(600))
        #expect(balancer.totalInFlight == 0)
    }

    @Test("a probe succeeds as soon as its head is in; its body counts once more only if it fails")
    func probeHead() throws {
        let balancer = LoadBalancer.standing(endpoints: .of(1), health: tracker, panicThreshold: .zero)
        tracker[0].set(.probe)
        let probe = HealthTicket(probe: 1)
        func lease() throws -> Lease {
            tracker[0].state.withLock {
                $0.records = []; $0.probes = 0
            }
            var lease = try balancer.pick(at: .start)
            lease.headArrived(at: .start + .seconds(1))
            lease.headArrived(at: .start + .seconds(2))
            #expect(lease.isProbe == true)
            #expect(tracker[0].state.withLock { $0.records.map(\.1) } == [probe])
            return lease
        }
        try lease().end(.success, at: .start + .seconds(100))
        #expect(tracker[0].recorded == [.success])
        try lease().end(.inconclusive, at: .start + .seconds(100))
        #expect(tracker[0].recorded == [.success])
        _ = try lease()
        #expect(tracker[0].recorded == [.success])
        try lease().end(.failure, at: .start + .seconds(100))
        #expect(tracker[0].recorded == [.success, .failure])
        #expect(tracker[0].state.withLock { $0.records.map(\.1) } == [probe, HealthTicket()])
        try lease().end(Outcome(.overloaded), at: .start + .seconds(100))
        #expect(tracker[0].recorded == [.success, .overloaded])
        #expect(balancer.totalInFlight == 0)
    }

    @Test("a probe that failed before its head is in fails once")
    func probeWithoutHead() throws {
        let balancer = LoadBalancer.standing(endpoints: .of(1), health: tracker, panicThreshold: .zero)
        tracker[0].set(.probe)
        try balancer.pick(at: .start).end(.failure, at: .start)
        #expect(tracker[0].state.withLock { $0.records.map(\.1) } == [HealthTicket(probe: 1)])
        #expect(tracker[0].recorded == [.failure])
    }

    @Test("10,000 calls at once leave nothing in flight, and each is recorded once")
    func tenThousandCalls() async throws {
        let balancer = LoadBalancer.standing(endpoints: .of(7), health: tracker)
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<10_000 {
                group.addTask {
                    guard let lease = try? balancer.pick(at: .start) else { return }
                    await Task.yield()
                    switch number % 3 {
                    case 0: lease.end(.success, at: .start + .milliseconds(1))
                    case 1: lease.end(.failure, at: .start + .milliseconds(1))
                    default: break
                    }
                }
            }
        }
        #expect(balancer.totalInFlight == 0)
        let records = (0..<7).map { tracker[$0].state.withLock { ($0.admissions, $0.records.count) } }
        #expect(records.allSatisfy { $0.0 == $0.1 })
        #expect(records.reduce(0) { $0 + $1.1 } == 10_000)
    }

    // MARK: Updates

    @Test("an update says what came and what went")
    func change() {
        let balancer = LoadBalancer.standing(endpoints: .of(3))
        let change = balancer.update([.number(1), .number(2), .number(3)])
        #expect(change.added == [.number(3)])
        #expect(change.removed == [.number(0)])
        #expect(balancer.endpointCount == 3)
        let same = balancer.update([.number(3), .number(2, weight: 5), .number(1)])
        #expect(same.added.isEmpty && same.removed.isEmpty)
        #expect(balancer.update(.empty).removed.count == 3)
        #expect(balancer.endpointCount == 0)
    }

    @Test("what was learnt about an address survives updates and changes of weight, priority and metadata")
    func stateSurvives() throws {
        let balancer = LoadBalancer.standing(endpoints: .of(1), health: tracker)
        try balancer.pick(at: .start).end(.success, at: .start + .seconds(2))
        let lease = try balancer.pick(at: .start)
        let latency = balancer.latency(of: 0, at: .start + .seconds(2))
        #expect(latency == .seconds(2))
        var changed = Endpoint.number(0, weight: 9, priority: 3)
        changed.metadata = ["version": "2"]
        balancer.update([changed, .number(1)])
        #expect(balancer.latency(of: 0, at: .start + .seconds(2)) == latency)
        #expect(balancer.status(at: .start)[0].inFlight == 1)
        #expect(balancer.status(at: .start)[0].endpoint == changed)
        #expect(tracker.trackCount == 2)
        lease.end(.success, at: .start)
        #expect(balancer.totalInFlight == 0)
        #expect(tracker[0].retirements == 0)
    }

    @Test("a removed endpoint's calls end normally, and it is retired and drained once")
    func removed() throws {
        let drained = Mutex<[Endpoint]>([])
        let balancer = LoadBalancer.standing(
            endpoints: .of(2),
            health: tracker,
            panicThreshold: .zero,
            drained: { endpoint in drained.withLock { $0.append(endpoint) } }
        )
        tracker[1].set(.unavailable)
        let first = try balancer.pick(at: .start)
        let second = try balancer.pick(at: .start)
        #expect(first.endpoint == .number(0) && second.endpoint == .number(0))
        let health = tracker[0]
        balancer.update([.number(1)])
        #expect(health.retirements == 1)
        #expect(drained.withLock { $0 } == [])
        first.end(.success, at: .start)
        #expect(drained.withLock { $0 } == [])
        // A call that is dropped drains it, too.
        do { _ = consume second }
        #expect(drained.withLock { $0 } == [.number(0)])
        #expect(health.recorded == [.success, .inconclusive])
        balancer.update(.empty)
        #expect(drained.withLock { $0 } == [.number(0), .number(1)])
        #expect(health.retirements == 1)
    }

    @Test("an address that comes back starts afresh, whatever its old calls end with")
    func comesBack() throws {
        let balancer = LoadBalancer.standing(endpoints: .of(1), health: tracker)
        let old = try balancer.pick(at: .start)
        let oldHealth = tracker[0]
        balancer.update(.empty)
        balancer.update(.of(1))
        #expect(tracker[0] !== oldHealth)
        #expect(balancer.totalInFlight == 0)
        let latency = balancer.latency(of: 0, at: .start)
        old.end(.failure, at: .start + .seconds(50))
        #expect(balancer.totalInFlight == 0)
        #expect(balancer.latency(of: 0, at: .start) == latency)
        #expect(tracker[0].recorded == [])
        #expect(oldHealth.recorded == [.failure])
    }

    @Test("a balancer that is let go before its leases harms none of them")
    func leaseOutlivesBalancer() throws {
        weak var seen: LoadBalancer?
        func pickAndForget() throws -> Lease {
            let balancer = LoadBalancer.standing(endpoints: .of(1), health: tracker)
            seen = balancer
            return try balancer.pick(at: .start)
        }
        let lease = try pickAndForget()
        #expect(seen == nil)
        #expect(lease.endpoint == .number(0))
        lease.end(.success, at: .start)
        #expect(tracker[0].recorded == [.success])
    }

    @Test("calls under an earlier description count, and the endpoint is drained when the last of any has ended")
    func callsUnderEarlierDescriptions() throws {
        let drained = Mutex<[Endpoint]>([])
        let balancer = LoadBalancer.standing(
            endpoints: .of(1),
            drained: { endpoint in drained.withLock { $0.append(endpoint) } }
        )
        var first = try balancer.pick(at: .start)
        balancer.update([.number(0, weight: 2)])
        let second = try balancer.pick(at: .start)
        balancer.update([.number(0, weight: 3)])
        let third = try balancer.pick(at: .start)
        #expect(balancer.totalInFlight == 3)
        #expect([first.endpoint.weight, second.endpoint.weight, third.endpoint.weight] == [1, 2, 3])
        second.end(.success, at: .start)
        first.headArrived(at: .start)
        #expect(balancer.totalInFlight == 2)
        balancer.update([.number(1)])
        third.end(.success, at: .start)
        #expect(drained.withLock { $0 } == [])
        first.end(.success, at: .start)
        #expect(drained.withLock { $0 } == [.number(0)])
    }

    @Test("nothing is left of an endpoint when its last call has ended, nor of a balancer", arguments: [true, false])
    func nothingLeaks(updateFirst: Bool) throws {
        weak var seen: EndpointNode?
        weak var seenState: EndpointState?
        do {
            let lease: Lease
            do {
                let balancer = LoadBalancer.standing(endpoints: .of(1))
                lease = try balancer.pick(at: .start)
                seen = lease.node._withUnsafeGuaranteedRef { $0 }
                seenState = seen?.state
                if updateFirst { balancer.update([.number(0, weight: 2)]) }
            }
            #expect(seen != nil)
            #expect(lease.endpoint == .number(0))
            lease.end(.success, at: .start)
        }
        #expect(seen == nil)
        #expect(seenState == nil)
    }

    @Test("updates and picks from many tasks: no call is lost, every endpoint that left is retired and drained once")
    func updatesUnderLoad() async {
        let drained = Mutex(0)
        let balancer = LoadBalancer.standing(
            endpoints: .of(20),
            health: tracker,
            drained: { _ in drained.withLock { $0 += 1 } }
        )
        let removed = await withTaskGroup(of: Int.self) { group in
            for worker in 0..<6 {
                group.addTask {
                    var random = SplitMix64(seed: UInt64(worker))
                    for step in 0..<3_000 {
                        guard let lease = try? balancer.pick(at: .start, avoiding: [.number(step % 20)]) else {
                            continue
                        }
                        if random.next() & 7 == 0 { await Task.yield() }
                        if random.next() & 1 == 0 { lease.end(.success, at: .start + .milliseconds(1)) }
                    }
                    return 0
                }
            }
            for updater in 0..<2 {
                group.addTask {
                    var random = SplitMix64(seed: 100 + UInt64(updater))
                    var removed = 0
                    for step in 0..<200 {
                        let mask = random.next()
                        let set = EndpointSet(
                            (0..<20).filter { mask >> UInt64($0) & 1 == 1 || step % 50 == 0 }
                                .map { .number($0, weight: UInt32(1 + step % 3), priority: UInt32($0 % 2)) }
                        )
                        removed += balancer.update(set).removed.count
                        _ = balancer.status(at: .start)
                        await Task.yield()
                    }
                    return removed
                }
            }
            return await group.reduce(0, +)
        }
        #expect(balancer.totalInFlight == 0)
        #expect(drained.withLock { $0 } == removed)
        #expect(tracker.trackCount == 20 + 0 + balancer.endpointCount + removed - 20)
    }

    // MARK: Avoiding

    @Test("an endpoint to be avoided is, as long as there is another", arguments: LoadBalancingPolicy.all)
    func avoiding(policy: LoadBalancingPolicy) throws {
        for count in [2, 3, 10] {
            let balancer = LoadBalancer.standing(policy: policy, endpoints: .of(count), seed: 1)
            let one = try balancer.shares(count, picks: 2_000, avoiding: [.number(0)])
            #expect(one[0] == 0)
            #expect(one.dropFirst().allSatisfy { $0 > 0 })
            let allButOne = try balancer.shares(count, picks: 200, avoiding: (0..<count - 1).map { .number($0) })
            #expect(allButOne[count - 1] == 200)
            let all = try balancer.shares(count, picks: 2_000, avoiding: (0..<count).map { .number($0) })
            #expect(all.allSatisfy { $0 > 0 })
        }
        let single = LoadBalancer.standing(policy: policy, endpoints: .of(1), seed: 1)
        #expect(try single.shares(1, picks: 10, avoiding: [.number(0)]) == [10])
    }

    @Test("an avoided endpoint is asked rather than an ejected one, and a lower priority rather than either")
    func avoidingAndAvailability() throws {
        let balancer = LoadBalancer.standing(endpoints: .of(2), health: tracker, panicThreshold: .zero, seed: 1)
        tracker[1].set(.unavailable)
        #expect(try balancer.shares(2, picks: 100, avoiding: [.number(0)]) == [100, 0])
        balancer.update([.number(0), .number(1), .number(2, priority: 1)])
        #expect(try balancer.shares(3, picks: 100, avoiding: [.number(0)]) == [0, 0, 100])
    }

    // MARK: Availability

    @Test("an ejected endpoint is not picked, and is again when it is back", arguments: LoadBalancingPolicy.all)
    func ejected(policy: LoadBalancingPolicy) throws {
        let balancer = LoadBalancer.standing(
            policy: policy,
            endpoints: .of(10),
            health: tracker,
            panicThreshold: .zero,
            seed: 2
        )
        for ejected in [1, 5, 9] {
            tracker.set(.available, of: 0..<10)
            tracker.set(.unavailable, of: 0..<ejected)
            let shares = try balancer.shares(10, picks: 2_000)
            #expect(shares.prefix(ejected).allSatisfy { $0 == 0 }, "\(policy.name): \(shares)")
            #expect(shares.dropFirst(ejected).allSatisfy { $0 > 0 }, "\(policy.name): \(shares)")
        }
        tracker.set(.available, of: 0..<10)
        #expect(try balancer.shares(10, picks: 2_000).allSatisfy { $0 > 0 })
    }

    @Test("when all are ejected and there is no panic, nobody is picked", arguments: LoadBalancingPolicy.all)
    func unavailable(policy: LoadBalancingPolicy) {
        let balancer = LoadBalancer.standing(policy: policy, endpoints: .of(4), health: tracker, panicThreshold: .zero)
        tracker.set(.unavailable, of: 0..<4)
        #expect(throws: PickError.unavailable(total: 4, ejected: 4)) {
            try balancer.pick(at: .start, avoiding: [.number(1)]).end(.success, at: .start)
        }
        #expect(balancer.totalInFlight == 0)
        #expect("\(PickError.unavailable(total: 4, ejected: 4))" == "none of 4 endpoints may be asked, 4 are ejected")
    }

    @Test(
        "an endpoint that waits for its probe gets it before others are asked",
        arguments: [LoadBalancingPolicy.leastRequest, .peakEWMA]
    )
    func probe(policy: LoadBalancingPolicy) throws {
        let balancer = LoadBalancer.standing(
            policy: policy,
            endpoints: .of(2),
            health: tracker,
            panicThreshold: .zero,
            seed: 3
        )
        // Loaded and slow as it looks.
        try balancer.pick(at: .start, avoiding: [.number(1)]).end(.failure, at: .start + .seconds(9))
        tracker[0].set(.probe)
        let lease = try balancer.pick(at: .start + .seconds(9))
        #expect(lease.endpoint == .number(0))
        #expect(lease.isProbe == true)
        lease.end(.success, at: .start + .seconds(10))
        #expect(tracker[0].state.withLock { $0.records.last?.1 } == HealthTicket(probe: 1))
    }

    @Test("a probe that another call got first is not waited for", arguments: LoadBalancingPolicy.all)
    func lostProbe(policy: LoadBalancingPolicy) throws {
        for count in [2, 3] {
            let balancer = LoadBalancer.standing(
                policy: policy,
                endpoints: .of(count),
                health: tracker,
                panicThreshold: .zero,
                seed: 4
            )
            tracker[0].set(.probe, probesLeft: 0)
            let shares = try balancer.shares(count, picks: 500)
            #expect(shares[0] == 0)
            #expect(shares.reduce(0, +) == 500)
            #expect(balancer.totalInFlight == 0)
        }
    }

    @Test("when all probes are lost and nobody else is there, nobody is picked and nothing stays in flight")
    func onlyLostProbes() {
        let balancer = LoadBalancer.standing(endpoints: .of(2), health: tracker, panicThreshold: .zero)
        for number in 0..<2 { tracker[number].set(.probe, probesLeft: 0) }
        #expect(throws: PickError.self) { try balancer.pick(at: .start).end(.success, at: .start) }
        #expect(balancer.totalInFlight == 0)
        balancer.update(.empty)
        #expect(tracker[0].retirements == 1)
    }

    @Test("of many calls at once exactly one is the probe")
    func probeRace() async {
        let balancer = LoadBalancer.standing(endpoints: .of(3), health: tracker, panicThreshold: .zero)
        tracker[0].set(.probe, probesLeft: 1)
        let (probes, failures) = await withTaskGroup(of: (Int, Int).self) { group in
            for _ in 0..<500 {
                group.addTask {
                    do {
                        let lease = try balancer.pick(at: .start)
                        await Task.yield()
                        return (lease.isProbe ? 1 : 0, 0)
                    } catch {
                        return (0, 1)
                    }
                }
            }
            return await group.reduce((0, 0)) { ($0.0 + $1.0, $0.1 + $1.1) }
        }
        #expect(probes == 1)
        #expect(failures == 0)
        #expect(balancer.totalInFlight == 0)
        #expect(tracker[0].recorded == [.inconclusive])
    }

    private final class Telling: HealthTracker, EndpointHealth {
        let listener = Mutex<(@Sendable () -> Void)?>(nil)
        func track(_ endpoint: Endpoint) -> Telling { self }
        var unavailableCount: Int { 0 }
        func availability(at now: MeshInstant) -> Availability { .probe }
        func admit(at now: MeshInstant) -> HealthTicket? {
            listener.withLock { $0.take() }?()
            return HealthTicket(probe: 1)
        }
        func record(_ outcome: Outcome, of ticket: HealthTicket, at now: MeshInstant) {}
        func update(_ endpoint: Endpoint) {}
        func retire() { listener.withLock { $0.take() }?() }
    }

    @Test("whoever hears of a probe or a retirement may use the balancer", .timeLimit(.minutes(10)))
    func reentrancy() throws {
        let health = Telling()
        let balancer = LoadBalancer.standing(endpoints: .of(2), health: health, seed: 5)
        let heard = Mutex(0)
        let listener: @Sendable () -> Void = { [weak balancer] in
            heard.withLock { $0 += 1 }
            _ = try? balancer?.pick(at: .start)
            _ = balancer?.status(at: .start)
        }
        health.listener.withLock { $0 = listener }
        try balancer.pick(at: .start).end(.success, at: .start)
        health.listener.withLock { $0 = listener }
        balancer.update(.of(1))
        #expect(heard.withLock { $0 } == 2)
        #expect(balancer.totalInFlight == 0)
    }

    // MARK: Panic

    @Test(
        "availability is ignored when a smaller share than the threshold is available, and only then",
        arguments: LoadBalancingPolicy.all,
        [
            (0, Fraction(0.5), false), (5, 0.5, false), (6, 0.5, true), (10, 0.5, true),
            (9, .zero, false), (1, 1.0, true), (0, 1.0, false), (9, 0.1, false), (10, 0.1, true),
        ] as [(Int, Fraction, Bool)]
    )
    func panic(policy: LoadBalancingPolicy, example: (ejected: Int, threshold: Fraction, isPanic: Bool)) throws {
        let balancer = LoadBalancer.standing(
            policy: policy,
            endpoints: .of(10),
            health: tracker,
            panicThreshold: example.threshold,
            seed: 6
        )
        tracker.set(.unavailable, of: 0..<example.ejected)
        let shares = try balancer.shares(10, picks: 3_000)
        for number in 0..<10 {
            if example.isPanic {
                // The load of all, spread over all: that is the point.
                #expect(abs(shares[number] - 300) < 100, "\(policy.name): \(shares)")
            } else {
                #expect((shares[number] > 0) == (number >= example.ejected), "\(policy.name): \(shares)")
            }
        }
        #expect(balancer.totalInFlight == 0)
    }

    @Test("in a panic, too, an endpoint that failed the call is avoided, and a probe is taken")
    func panicAvoids() throws {
        let balancer = LoadBalancer.standing(endpoints: .of(3), health: tracker, seed: 7)
        tracker.set(.unavailable, of: 0..<3)
        let shares = try balancer.shares(3, picks: 300, avoiding: [.number(1)])
        #expect(shares[1] == 0 && shares[0] > 0 && shares[2] > 0)
        tracker.set(.probe, of: 0..<3)
        let lease = try balancer.pick(at: .start)
        #expect(lease.isProbe == true)
    }

    // MARK: Priorities

    @Test(
        "a lower priority is asked for what those above lack, whatever the panic threshold",
        arguments: [Fraction.zero, 0.5]
    )
    func failover(threshold: Fraction) throws {
        let set = EndpointSet(
            (0..<4).map { .number($0) } + [.number(4, priority: 7), .number(5, priority: 7), .number(6, priority: 9)]
        )
        let balancer = LoadBalancer.standing(endpoints: set, health: tracker, panicThreshold: threshold, seed: 8)
        func reached(_ picks: Int = 500) throws -> Set<Int> {
            Set(try balancer.shares(7, picks: picks).indices { $0 > 0 }.ranges.flatMap { $0 })
        }
        #expect(try reached() == [0, 1, 2, 3])
        tracker.set(.unavailable, of: 0..<3)
        #expect(try reached() == [3, 4, 5])
        tracker.set(.unavailable, of: 3...3)
        #expect(try reached() == [4, 5])
        tracker.set(.unavailable, of: 4...5)
        #expect(try reached() == [6])
        tracker.set(.unavailable, of: 6...6)
        if threshold == .zero {
            #expect(throws: PickError.unavailable(total: 7, ejected: 7)) { try reached() }
        } else {
            // Nobody is left anywhere: the first priority is asked all the same.
            #expect(try reached() == [0, 1, 2, 3])
        }
        tracker.set(.available, of: 0..<7)
        #expect(try reached() == [0, 1, 2, 3])
    }

    @Test("an endpoint that waits for a probe in the first priority gets it before the second is asked")
    func probeBeforeFailover() throws {
        let balancer = LoadBalancer.standing(
            endpoints: [.number(0), .number(1, priority: 1)],
            health: tracker,
            panicThreshold: .zero,
            seed: 9
        )
        tracker[0].set(.probe, probesLeft: 1)
        let first = try balancer.pick(at: .start)
        let second = try balancer.pick(at: .start)
        #expect(first.isProbe && first.endpoint == .number(0))
        #expect(!second.isProbe && second.endpoint == .number(1, priority: 1))
    }

    @Test("endpoints of weight 0 make no priority")
    func weightZeroPriority() throws {
        let balancer = LoadBalancer.standing(endpoints: [.number(0, weight: 0), .number(1, priority: 4)], seed: 10)
        #expect(try balancer.shares(2, picks: 10) == [0, 10])
    }
}
