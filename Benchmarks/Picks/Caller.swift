import MeshCore
import MeshLoadBalancing

/// One thread's calls: each is picked a millisecond, more or less, before it ends.
struct Caller {
    private let balancer: LoadBalancer
    private let isKeyed: Bool
    private let report: LoadReport
    private var random: SplitMix64

    init(_ balancer: LoadBalancer, seed: UInt64) {
        self.balancer = balancer
        isKeyed =
            switch balancer.policy {
            case .ringHash, .maglev: true
            default: false
            }
        guard let report = try? LoadReport(applicationUtilization: 0.5, requestsPerSecond: 1000) else {
            fatalError("a report of plain numbers")
        }
        self.report = report
        random = SplitMix64(seed: seed)
    }

    /// A call that ends at `now`.
    @inline(__always)
    mutating func call(at now: MeshInstant) {
        let draw = random.next()
        let began = MeshInstant(nanoseconds: now.nanoseconds - (800_000 + draw >> 44 % 400_000))
        guard let lease = try? balancer.pick(at: began, hashKey: isKeyed ? draw : nil) else {
            fatalError("no endpoint")
        }
        // What comes on the back of a response, if the policy wants it.
        if lease.wantsLoadReport(at: now) { lease.record(report, at: now) }
        if lease.wantsProbeResponse {
            lease.record(ProbeResponse(requestsInFlight: Int(draw & 7), latency: .milliseconds(1)), at: now)
        }
        lease.end(.success, at: now)
    }
}
