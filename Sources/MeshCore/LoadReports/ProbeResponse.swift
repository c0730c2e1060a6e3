/// What a server answers to a probe.
public struct ProbeResponse: Hashable, Sendable {
    /// The requests that it is working on: 0 or more.
    public let requestsInFlight: Int
    /// How long requests took lately that came when about as many were in flight; `nil` if none have ended lately, which
    /// counts as no time at all: an idle server must be tried.
    public let latency: Duration?

    /// Creates an answer. What is negative counts as 0.
    public init(requestsInFlight: Int, latency: Duration?) {
        self.requestsInFlight = max(requestsInFlight, 0)
        self.latency = latency.map { max($0, .zero) }
    }
}
