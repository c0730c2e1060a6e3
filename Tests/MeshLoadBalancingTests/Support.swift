import MeshCore
import MeshLoadBalancing
import MeshTesting
import Synchronization
import Testing

extension EndpointSet {
    /// `count` endpoints of weight 1, at 10.0.0.0 and upwards.
    static func of(_ count: Int) -> EndpointSet {
        EndpointSet((0..<count).map { .number($0) })
    }

    /// Endpoints with these weights.
    static func weighted(_ weights: [UInt32]) -> EndpointSet {
        EndpointSet(weights.enumerated().map { .number($0.offset, weight: $0.element) })
    }
}

extension Endpoint {
    static func number(_ number: Int, weight: UInt32 = 1, priority: UInt32 = 0) -> Endpoint {
        Endpoint(.number(number), weight: weight, priority: priority)
    }

    /// Which of ``EndpointSet/of(_:)`` it is.
    var number: Int {
        guard case .ip(.v4(let value), _) = address else { return -1 }
        return Int(value) - 0x0A00_0000
    }
}

extension Address {
    static func number(_ number: Int) -> Address { .ip(.v4(0x0A00_0000 + UInt32(number)), port: 80) }
}

extension MeshInstant {
    static let start = MeshInstant(nanoseconds: 3_600_000_000_000)

    static func + (instant: MeshInstant, duration: Duration) -> MeshInstant { instant.advanced(by: duration) }
}

extension LoadBalancingPolicy {
    static let all = named
}

extension LoadBalancer {
    /// A balancer whose clock stands at ``MeshCore/MeshInstant/start``.
    static func standing(
        policy: LoadBalancingPolicy = .peakEWMA,
        endpoints: EndpointSet,
        health: any HealthTracker = AlwaysHealthy(),
        panicThreshold: Fraction = 0.5,
        seed: UInt64? = nil,
        drained: @escaping @Sendable (Endpoint) -> Void = { _ in }
    ) -> LoadBalancer {
        LoadBalancer(
            policy: policy,
            endpoints: endpoints,
            health: health,
            routing: EndpointRouting(panicThreshold: panicThreshold),
            clock: ManualClock(at: .start).clock,
            seed: seed,
            drained: drained
        )
    }

    /// How often each endpoint is picked when every call ends at once, in the order of the set.
    func shares(_ count: Int, picks: Int, avoiding: [Address] = [], outcome: Outcome = .success) throws -> [Int] {
        var shares = Array(repeating: 0, count: count)
        for step in 0..<picks {
            // A clock that stands still, so that peak EWMA learns nothing.
            let lease = try pick(at: .start, avoiding: avoiding)
            shares[lease.endpoint.number] += 1
            if step % 2 == 0 { lease.end(.inconclusive, at: .start) }
        }
        return shares
    }

    var totalInFlight: Int { status(at: .start).reduce(0) { $0 + $1.inFlight } }

    func latency(of number: Int, at now: MeshInstant) -> Duration? {
        status(at: now).first { $0.endpoint.number == number }?.latency
    }
}

/// Health that does as it is told.
final class ScriptedHealth: EndpointHealth {
    struct State {
        var availability = Availability.available
        var probesLeft = Int.max
        var probes: UInt64 = 0
        var admissions = 0
        var records: [(Outcome, HealthTicket)] = []
        var retirements = 0
    }

    let state = Mutex(State())
    /// Whether the success of a probe makes it available, as it does in a breaker.
    let readmits: Bool

    init(readmits: Bool = false) { self.readmits = readmits }

    func availability(at now: MeshInstant) -> Availability { state.withLock { $0.availability } }

    func admit(at now: MeshInstant) -> HealthTicket? {
        state.withLock { state in
            switch state.availability {
            case .unavailable:
                return nil
            case .probe:
                guard state.probesLeft > 0 else { return nil }
                state.probesLeft -= 1
                state.probes += 1
                state.admissions += 1
                return HealthTicket(probe: state.probes)
            case .available:
                state.admissions += 1
                return HealthTicket()
            }
        }
    }

    func record(_ outcome: Outcome, of ticket: HealthTicket, at now: MeshInstant) {
        state.withLock { state in
            state.records.append((outcome, ticket))
            if readmits, ticket.isProbe, outcome.verdict == .success { state.availability = .available }
        }
    }

    func update(_ endpoint: Endpoint) {}

    func retire() { state.withLock { $0.retirements += 1 } }

    func set(_ availability: Availability, probesLeft: Int = .max) {
        state.withLock { state in
            state.availability = availability
            state.probesLeft = probesLeft
        }
    }

    var recorded: [Outcome.Verdict] { state.withLock { $0.records.map(\.0.verdict) } }
    var retirements: Int { state.withLock { $0.retirements } }
}

/// A tracker of scripted healths, newest for each address.
final class ScriptedTracker: HealthTracker {
    private let healths = Mutex<[Address: ScriptedHealth]>([:])
    private let tracked = Mutex(0)
    private let readmits: Bool

    init(readmits: Bool = false) { self.readmits = readmits }

    func track(_ endpoint: Endpoint) -> ScriptedHealth {
        let health = ScriptedHealth(readmits: readmits)
        healths.withLock { $0[endpoint.address] = health }
        tracked.withLock { $0 += 1 }
        return health
    }

    var unavailableCount: Int {
        healths.withLock { $0.values.reduce(0) { $0 + ($1.availability(at: .start) == .available ? 0 : 1) } }
    }

    var trackCount: Int { tracked.withLock { $0 } }

    subscript(number: Int) -> ScriptedHealth {
        healths.withLock { healths in
            guard let health = healths[.number(number)] else { preconditionFailure("not tracked") }
            return health
        }
    }

    func set(_ availability: Availability, of numbers: some Sequence<Int>) {
        for number in numbers { self[number].set(availability) }
    }
}
