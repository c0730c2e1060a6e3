import MeshCircuitBreaking
import MeshCore
import Synchronization
import Testing

extension MeshInstant {
    static func seconds(_ seconds: Double) -> MeshInstant {
        MeshInstant(nanoseconds: 3_600_000_000_000).advanced(by: .nanoseconds(Int64(seconds * 1e9)))
    }
}

extension Duration {
    func isBetween(_ low: Duration, and high: Duration) -> Bool { self >= low && self <= high }
}

extension BreakerTransition {
    var ejectionTime: Duration? { if case .ejected(let duration, _) = self { duration } else { nil } }
}

/// A breaker state with everything it needs, so that a test is a list of events.
struct Rig {
    let policy: CircuitBreakerPolicy
    var state: BreakerState
    var random = SplitMix64(seed: 7)
    var mayEject = true

    init(_ policy: CircuitBreakerPolicy = CircuitBreakerPolicy()) {
        self.policy = policy
        self.state = BreakerState(policy)
    }

    mutating func admit(at seconds: Double) -> HealthTicket? {
        state.admit(at: .seconds(seconds), under: policy)
    }

    /// A ticket that must be given.
    mutating func admitted(at seconds: Double) throws -> HealthTicket {
        let ticket = admit(at: seconds)
        return try #require(ticket)
    }

    @discardableResult
    mutating func record(_ outcome: Outcome, of ticket: HealthTicket, at seconds: Double) -> BreakerTransition? {
        let mayEject = mayEject
        return state.record(
            outcome,
            of: ticket,
            at: .seconds(seconds),
            under: policy,
            using: &random,
            reserving: { mayEject }
        )
    }

    /// One call from start to end, which must be admitted.
    @discardableResult
    mutating func call(_ outcome: Outcome, at seconds: Double) -> BreakerTransition? {
        guard let ticket = admit(at: seconds) else { preconditionFailure("not admitted") }
        return record(outcome, of: ticket, at: seconds)
    }

    /// Ejects a closed breaker by failures in a row and returns for how long.
    mutating func eject(at seconds: Double) -> Duration {
        while true {
            if let time = call(.failure, at: seconds)?.ejectionTime { return time }
        }
    }
}

/// What `onTransition` was told.
final class TransitionLog: Sendable {
    private let entries = Mutex<[(Address, BreakerTransition)]>([])

    var all: [BreakerTransition] { entries.withLock { $0.map(\.1) } }

    func append(_ address: Address, _ transition: BreakerTransition) {
        entries.withLock { $0.append((address, transition)) }
    }

    func count(where matches: (BreakerTransition) -> Bool) -> Int { all.count(where: matches) }
}

/// How many are in, were in at most, and came in all.
final class Gauge: Sendable {
    private let counts = Mutex((now: 0, most: 0, total: 0))

    var most: Int { counts.withLock { $0.most } }
    var total: Int { counts.withLock { $0.total } }

    func enter() {
        counts.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1), $0.total + 1) }
    }

    func leave() {
        counts.withLock { $0.now -= 1 }
    }
}

extension Endpoint {
    static func numbered(_ number: Int) -> Endpoint {
        Endpoint(.host("backend-\(number)", port: 80))
    }
}
