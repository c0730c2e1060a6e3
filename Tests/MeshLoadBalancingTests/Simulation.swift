import MeshCore
import MeshTesting
import Testing

@testable import MeshLoadBalancing

/// Calls to a balancer in logical time: each pick holds its endpoint for as long as a function says.
///
/// Endpoints report with every answer that they are as loaded as the others, and answer probes, three for a call, as they are.
struct Simulation {
    struct Call {
        let endsAt: MeshInstant
        let lease: HeldLease
        let outcome: Outcome
    }

    let balancer: LoadBalancer
    private let time = ManualClock()
    private(set) var now = MeshInstant.start
    private(set) var picks: [Int: Int] = [:]
    /// The most calls that were in flight to an endpoint at once.
    private(set) var peaks: [Int: Int] = [:]
    private var inFlight: [Int: Int] = [:]
    private var latencies: [Int: Duration] = [:]
    private var endpoints: EndpointSet
    private var random: SplitMix64
    /// By ascending end; those before `head` have ended.
    private var calls: [(number: Int, call: Call)] = []
    private var head = 0

    init(_ policy: LoadBalancingPolicy = .peakEWMA, over endpoints: EndpointSet, seed: UInt64) {
        self.endpoints = endpoints
        random = SplitMix64(seed: seed)
        balancer = LoadBalancer(policy: policy, endpoints: endpoints, clock: time.clock, seed: seed)
    }

    /// Changes the endpoints now.
    mutating func update(_ set: EndpointSet) {
        time.advance(to: now)
        endpoints = set
        balancer.update(set)
    }

    /// Picks once every `interval`, `count` times.
    mutating func run(
        picks count: Int,
        every interval: Duration,
        avoiding: [Address] = [],
        _ answer: (Int) -> (latency: Duration, outcome: Outcome)
    ) throws {
        for _ in 0..<count {
            now = now + interval
            endCalls(until: now)
            if case .prequal = balancer.policy { answerProbes() }
            let lease = try balancer.pick(at: now, avoiding: avoiding)
            let number = lease.endpoint.number
            let (latency, outcome) = answer(number)
            latencies[number] = latency
            picks[number, default: 0] += 1
            inFlight[number, default: 0] += 1
            peaks[number] = max(peaks[number] ?? 0, inFlight[number] ?? 0)
            let call = Call(endsAt: now + latency, lease: HeldLease(lease), outcome: outcome)
            var index = calls.endIndex
            while index > head, calls[index - 1].call.endsAt > call.endsAt { index -= 1 }
            calls.insert((number, call), at: index)
        }
    }

    private mutating func answerProbes() {
        for _ in 0..<3 {
            guard let endpoint = endpoints.endpoints.randomElement(using: &random) else { return }
            let answer = ProbeResponse(
                requestsInFlight: inFlight[endpoint.number] ?? 0,
                latency: latencies[endpoint.number]
            )
            balancer.record(answer, from: endpoint.address, at: now)
        }
    }

    private static let report = try? LoadReport(cpuUtilization: 0.5, requestsPerSecond: 100)

    /// Lets time pass without calls.
    mutating func wait(_ duration: Duration) {
        now = now + duration
        endCalls(until: now)
    }

    mutating func forgetCounts() {
        picks = [:]
        peaks = [:]
    }

    mutating func endCalls(until instant: MeshInstant) {
        while head < calls.count, calls[head].call.endsAt <= instant {
            let (number, call) = calls[head]
            head += 1
            inFlight[number, default: 0] -= 1
            call.lease.record(Self.report, at: call.endsAt)
            call.lease.end(call.outcome, at: call.endsAt)
        }
    }

    mutating func drain() { endCalls(until: .distantFuture) }
}
