public import MeshCore

/// The circuit breakers of all endpoints of one service, and the cap on how many of them may be ejected at once.
///
/// ```swift
/// let breakers = CircuitBreakers(CircuitBreakerPolicy()) { address, transition in
///     print("\(address): \(transition)")
/// }
/// let breaker = breakers.track(endpoint)
/// ```
///
/// The cap is checked when an endpoint is about to be ejected. It is not re-checked when others leave the set, so the
/// share may rise above it then; the panic threshold of the balancer is the answer to that. An endpoint of weight 0
/// counts neither among the tracked nor among the ejected.
public final class CircuitBreakers: HealthTracker {
    /// What ejects an endpoint, and for how long.
    public let policy: CircuitBreakerPolicy

    let quota: EjectionQuota
    let random: RandomSource
    /// What every breaker begins with. They share the buckets of its window until the first result, and many endpoints
    /// of a large set never see one.
    let beginning: BreakerState
    /// A word for each stripe and endpoint.
    let words = StripedWords.Pool(width: 1, stripes: min(Stripe.recommendedCount, Stripe.maximumOfSums))
    private let onTransition: @Sendable (Address, BreakerTransition) -> Void

    /// Creates the breakers of one service.
    ///
    /// - Parameters:
    ///   - policy: What ejects an endpoint, and for how long.
    ///   - random: Where the jitter comes from. Drawn from once for each ejection.
    ///   - onTransition: Told of every transition, outside any lock, on the thread of the call that caused it. Two
    ///     transitions of one endpoint that follow each other within microseconds may arrive in either order. Must not
    ///     block.
    public init(
        _ policy: CircuitBreakerPolicy = CircuitBreakerPolicy(),
        random: RandomSource = RandomSource(),
        onTransition: @escaping @Sendable (Address, BreakerTransition) -> Void = { _, _ in }
    ) {
        self.policy = policy
        self.quota = EjectionQuota(share: policy.maximumEjected)
        self.random = random
        self.beginning = BreakerState(policy)
        self.onTransition = onTransition
    }

    /// Begins to watch an endpoint. Nothing is remembered of an earlier one at the same address.
    public func track(_ endpoint: Endpoint) -> CircuitBreaker {
        CircuitBreaker(endpoint, of: self)
    }

    /// How many endpoints that take calls are tracked and not retired. One atomic load.
    package var trackedCount: Int { quota.counts.tracked }

    /// How many of them are ejected, waiting or being probed. Exact. One atomic load.
    public var unavailableCount: Int { quota.counts.ejected }

    func report(_ transition: BreakerTransition, of address: Address) {
        onTransition(address, transition)
    }
}
