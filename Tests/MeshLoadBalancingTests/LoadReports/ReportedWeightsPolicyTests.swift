import MeshCore
import MeshTesting
import Testing

@testable import MeshLoadBalancing

@Suite("Weighted round robin by reports")
struct ReportedWeightsPolicyTests {
    private let time = ManualClock(at: .start)

    private func balancer(_ set: EndpointSet) -> LoadBalancer {
        LoadBalancer(policy: .reportedWeights, endpoints: set, clock: time.clock, seed: 1)
    }

    /// Picks, and reports from every endpoint what `report` says.
    private func shares(
        _ balancer: LoadBalancer,
        picks: Int = 12_000,
        _ report: (Int) throws -> LoadReport?
    ) throws -> [Int] {
        var counts = [0, 0, 0]
        for _ in 0..<picks {
            let lease = try balancer.pick(at: time.now)
            counts[lease.endpoint.number] += 1
            if let report = try report(lease.endpoint.number) { lease.record(report, at: time.now) }
            lease.end(.success, at: time.now)
        }
        return counts
    }

    @Test("after the blackout calls follow what endpoints report, and after the expiration they do not")
    func life() throws {
        let balancer = balancer(.weighted([1, 1, 2]))
        // One request a second for each, at 10, 20 and 40 % of a processor.
        let report: (Int) throws -> LoadReport? = { number in
            try LoadReport(cpuUtilization: 0.1 * Double(1 << number), requestsPerSecond: 1)
        }
        #expect(try shares(balancer, report) == [3_000, 3_000, 6_000])
        time.advance(by: .seconds(9))
        #expect(try shares(balancer, report) == [3_000, 3_000, 6_000])
        time.advance(by: .seconds(2))
        let shares = try shares(balancer, report)
        // 10 : 5 : 2.5
        for (share, expected) in zip(shares, [6_857, 3_429, 1_714]) { #expect(abs(share - expected) < 40, "\(shares)") }
        time.advance(by: .seconds(181))
        #expect(try self.shares(balancer) { _ in nil } == [3_000, 3_000, 6_000])
    }

    @Test("errors count against an endpoint")
    func errors() throws {
        let balancer = balancer(.of(3))
        let report: (Int) throws -> LoadReport? = { number in
            try LoadReport(cpuUtilization: 0.5, requestsPerSecond: 10, errorsPerSecond: number == 0 ? 5 : 0)
        }
        _ = try shares(balancer, report)
        time.advance(by: .seconds(11))
        // 1 / (0.5 + 0.5) against 1 / 0.5.
        let shares = try shares(balancer, report)
        for (share, expected) in zip(shares, [2_400, 4_800, 4_800]) { #expect(abs(share - expected) < 40, "\(shares)") }
    }

    @Test("other policies want no reports")
    func others() throws {
        let balancer = LoadBalancer.standing(endpoints: .of(1))
        let lease = try balancer.pick(at: .start)
        #expect(!lease.takesLoadReports && !lease.wantsLoadReport(at: .start))
        lease.record(try LoadReport(cpuUtilization: 1, requestsPerSecond: 1), at: .start)
    }
}
