import MeshCore
import MeshTesting
import Testing

@testable import MeshDiscovery

struct EndpointStabilizerTests {
    @Test func `the first answer counts, even an empty one`() {
        var stabilizer = EndpointStabilizer()
        #expect(stabilizer.current == nil)
        #expect(stabilizer.receive(.endpoints(.empty), at: .zero) == .apply(.empty, added: 0, removed: 0))
        #expect(stabilizer.current == .empty)
        #expect(stabilizer.receive(.endpoints(ab), at: .zero) == .apply(ab, added: 2, removed: 0))
    }

    @Test func `a failure keeps the last good set`() {
        var stabilizer = EndpointStabilizer()
        let error = ResolutionError(source: "x", reason: "y")
        #expect(stabilizer.receive(.failure(error), at: .zero) == .keepAfterFailure(error))
        #expect(stabilizer.current == nil)
        _ = stabilizer.receive(.endpoints(a), at: .zero)
        #expect(stabilizer.receive(.failure(error), at: .zero) == .keepAfterFailure(error))
        #expect(stabilizer.current == a)
        #expect(stabilizer.receive(.endpoints(a), at: .zero) == .unchanged)
    }

    @Test func `an empty answer does not wipe a working set unless told to`() {
        var careful = EndpointStabilizer()
        _ = careful.receive(.endpoints(a), at: .zero)
        #expect(careful.receive(.endpoints(.empty), at: .zero) == .keepDespiteEmpty)
        #expect(careful.current == a)

        var trusting = EndpointStabilizer(Stabilization(emptyAnswer: .accept))
        _ = trusting.receive(.endpoints(ab), at: .zero)
        #expect(trusting.receive(.endpoints(.empty), at: .zero) == .apply(.empty, added: 0, removed: 2))
    }

    @Test func `a removal counts at once by default`() {
        var stabilizer = EndpointStabilizer()
        _ = stabilizer.receive(.endpoints(ab), at: .zero)
        #expect(stabilizer.receive(.endpoints(b), at: .zero) == .apply(b, added: 0, removed: 1))
        #expect(stabilizer.nextRemoval == nil)
    }

    @Test func `a change of weight is neither an addition nor a removal`() throws {
        var stabilizer = EndpointStabilizer(Stabilization(removalGrace: .seconds(5)))
        _ = stabilizer.receive(.endpoints(a), at: .zero)
        let heavier = EndpointSet([Endpoint(a.endpoints[0].address, weight: 5)])
        #expect(stabilizer.receive(.endpoints(heavier), at: .zero) == .apply(heavier, added: 0, removed: 0))
    }

    @Test func `a missing endpoint stays for the grace period`() {
        var stabilizer = EndpointStabilizer(Stabilization(removalGrace: .seconds(5)))
        _ = stabilizer.receive(.endpoints(ab), at: .zero)
        let reordered = endpoints("10.0.0.2:80", "10.0.0.1:80")
        #expect(stabilizer.receive(.endpoints(b), at: .seconds(1)) == .apply(reordered, added: 0, removed: 0))
        #expect(stabilizer.nextRemoval == .seconds(6))
        #expect(stabilizer.settle(at: .seconds(5.9)) == .unchanged)
        #expect(stabilizer.settle(at: .seconds(6)) == .apply(b, added: 0, removed: 1))
        #expect(stabilizer.nextRemoval == nil)
        #expect(stabilizer.settle(at: .seconds(60)) == .unchanged)
    }

    @Test func `repeating that an endpoint is missing does not prolong its grace`() {
        var stabilizer = EndpointStabilizer(Stabilization(removalGrace: .seconds(5)))
        _ = stabilizer.receive(.endpoints(ab), at: .zero)
        _ = stabilizer.receive(.endpoints(b), at: .seconds(1))
        #expect(stabilizer.receive(.endpoints(b), at: .seconds(4)) == .unchanged)
        #expect(stabilizer.receive(.endpoints(b), at: .seconds(6)) == .apply(b, added: 0, removed: 1))
    }

    @Test func `an endpoint that comes back is not removed`() {
        var stabilizer = EndpointStabilizer(Stabilization(removalGrace: .seconds(5)))
        _ = stabilizer.receive(.endpoints(ab), at: .zero)
        _ = stabilizer.receive(.endpoints(b), at: .seconds(1))
        #expect(stabilizer.receive(.endpoints(ab), at: .seconds(2)) == .apply(ab, added: 0, removed: 0))
        #expect(stabilizer.nextRemoval == nil)
        #expect(stabilizer.settle(at: .seconds(7)) == .unchanged)
    }

    @Test(arguments: [failure("down"), .endpoints(.empty)])
    func `an unhealthy source freezes removals`(trouble: Resolution) {
        var stabilizer = EndpointStabilizer(Stabilization(removalGrace: .seconds(5)))
        _ = stabilizer.receive(.endpoints(ab), at: .zero)
        _ = stabilizer.receive(.endpoints(b), at: .seconds(1))
        _ = stabilizer.receive(trouble, at: .seconds(2))
        #expect(stabilizer.nextRemoval == nil)
        #expect(stabilizer.settle(at: .seconds(60)) == .unchanged)
        #expect(stabilizer.receive(.endpoints(b), at: .seconds(61)) == .apply(b, added: 0, removed: 1))
    }

    @Test func `an accepted empty answer waits for the grace period as well`() {
        var stabilizer = EndpointStabilizer(Stabilization(emptyAnswer: .accept, removalGrace: .seconds(5)))
        _ = stabilizer.receive(.endpoints(ab), at: .zero)
        #expect(stabilizer.receive(.endpoints(.empty), at: .zero) == .unchanged)
        #expect(stabilizer.settle(at: .seconds(5)) == .apply(.empty, added: 0, removed: 2))
    }

    @Test func `grace keeps a flapping endpoint in force`() {
        var stabilizer = EndpointStabilizer(Stabilization(removalGrace: .seconds(1)))
        _ = stabilizer.receive(.endpoints(ab), at: .zero)
        for step in 1...1_000 {
            let now = MeshInstant.seconds(Double(step) * 0.01)
            _ = stabilizer.receive(.endpoints(step.isMultiple(of: 2) ? ab : b), at: now)
            _ = stabilizer.settle(at: now)
            #expect(stabilizer.current?.count == 2)
        }
    }

    @Test func `agrees with a naive model on random answers`() {
        var random = SplitMix64(seed: 7)
        for round in 0..<200 {
            let grace = Duration.seconds(Int.random(in: 0...3, using: &random))
            var stabilizer = EndpointStabilizer(Stabilization(removalGrace: grace))
            var missingSince: [Address: MeshInstant] = [:]
            var current: Set<Address> = []
            for second in 0..<30 {
                let now = MeshInstant.seconds(Double(second))
                let present = (1...6).filter { _ in Bool.random(using: &random) }
                guard !present.isEmpty else { continue }
                let set = EndpointSet(present.map { Endpoint(.ip(.v4(UInt32($0)), port: 80)) })
                let addresses = Set(set.endpoints.map(\.address))

                missingSince = missingSince.filter { !addresses.contains($0.key) }
                for address in current.subtracting(addresses) where missingSince[address] == nil {
                    missingSince[address] = now
                }
                missingSince = missingSince.filter { $0.value.advanced(by: grace) > now }
                let expected = addresses.union(missingSince.keys)

                let before = current.count
                switch stabilizer.receive(.endpoints(set), at: now) {
                case .apply(_, let added, let removed): #expect(before + added - removed == expected.count)
                case .unchanged: #expect(expected == current)
                default: Issue.record("unexpected decision in round \(round)")
                }
                current = expected
                #expect(stabilizer.settle(at: now) == .unchanged)
                #expect(Set(stabilizer.current?.endpoints.map(\.address) ?? []) == expected)
            }
        }
    }

    @Test func `counts what changed among a hundred thousand endpoints`() {
        func fleet(_ range: Range<UInt32>) -> EndpointSet {
            EndpointSet(range.lazy.map { Endpoint(.ip(.v4($0), port: 80)) })
        }
        var stabilizer = EndpointStabilizer()
        let first = fleet(0..<100_000)
        let second = fleet(10..<100_020)
        func expect(_ set: EndpointSet, added expectedlyAdded: Int, removed expectedlyRemoved: Int) {
            guard case .apply(_, let added, let removed) = stabilizer.receive(.endpoints(set), at: .zero) else {
                Issue.record("not applied")
                return
            }
            #expect(added == expectedlyAdded)
            #expect(removed == expectedlyRemoved)
        }
        expect(first, added: 100_000, removed: 0)
        expect(second, added: 20, removed: 10)
    }
}

struct RefreshLimitTests {
    @Test func `lets one hint pass per interval`() {
        var limit = RefreshLimit(interval: .seconds(1))
        let admitted = [0, 0.5, 0.999, 1, 1.5, 2.5, 3, 3.5].filter { limit.admits(at: .seconds($0)) }
        #expect(admitted == [0, 1, 2.5, 3.5])
    }

    @Test func `a limit of zero lets all pass`() {
        var limit = RefreshLimit(interval: .zero)
        #expect([0, 0, 1].allSatisfy { limit.admits(at: .seconds($0)) })
    }
}
