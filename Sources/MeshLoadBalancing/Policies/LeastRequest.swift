#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Android)
import Android
#endif

/// Of several endpoints drawn by weight, the one with the fewest calls in flight for its weight.
///
/// Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing", 2001; Envoy's `least_request`.
public struct LeastRequest: Hashable, Sendable {
    /// How many endpoints are drawn: 2 to 10, 2 by default, as in Envoy and gRPC (gRFC A48). More follow the load more
    /// closely and cost more; many clients that draw many run to the same idle endpoint.
    public let choices: Int
    /// How strongly calls in flight count: one of the drawn is taken with a chance in proportion to
    /// 1 / (calls in flight for its weight + 1)^bias.
    ///
    /// Infinite, the default, always takes the least loaded. 1 is Envoy's rule for endpoints of unequal weight; 0 does
    /// not look at calls in flight at all.
    public let activeRequestBias: Double

    /// Creates the policy.
    ///
    /// - Precondition: `choices` is between 2 and 10, and `activeRequestBias` is not negative.
    public init(choices: Int = 2, activeRequestBias: Double = .infinity) {
        precondition((2...10).contains(choices), "least request draws 2 to 10 endpoints, not \(choices)")
        precondition(activeRequestBias >= 0, "the bias of least request is negative")
        self.choices = choices
        self.activeRequestBias = activeRequestBias
    }

    /// The chance of an endpoint, beside others: `load` is its calls in flight for its weight, and 1.
    func share(atLoad load: Double) -> Double {
        activeRequestBias == 1 ? 1 / load : pow(load, -activeRequestBias)
    }
}
