/// How far to trust a source that takes endpoints away.
///
/// A source that *fails* never takes anything away: the last good set stays in force whatever the policy. This policy
/// is about a source that answers.
///
/// ```swift
/// Stabilization()                                   // an empty answer is ignored, a removal counts at once
/// Stabilization(removalGrace: .seconds(10))         // for DNS that answers with a changing part of the whole
/// Stabilization(emptyAnswer: .accept)               // for a service that may be scaled to nothing
/// ```
public struct Stabilization: Hashable, Sendable {
    /// What an answer without endpoints does to a set that has some.
    public enum EmptyAnswer: Hashable, Sendable {
        /// Nothing: the last good set stays in force. A registry that has lost its data, a selector with a typing
        /// error and a truncated file all look like "nobody"; endpoints that are really gone are found out by their
        /// health.
        case keepLastGood
        /// It removes them all, as any other removal.
        case accept
    }

    /// What an answer without endpoints does; ``EmptyAnswer/keepLastGood`` by default.
    public var emptyAnswer: EmptyAnswer

    /// How long an endpoint must have been missing before it is removed; zero by default.
    ///
    /// Zero, because a removal mostly announces a shutdown: a Kubernetes pod is taken off the list when it is told to
    /// stop, and each second of grace sends it calls that it must refuse. Envoy, gRPC and Linkerd remove at once as
    /// well. A few seconds pay where the source answers with varying parts of the whole; Finagle's `StabilizingAddr`
    /// waits for such sources.
    ///
    /// Calls in flight are not affected either way: they end normally on an endpoint that has been removed.
    public var removalGrace: Duration

    /// Creates a policy.
    ///
    /// - Precondition: `removalGrace` is not negative.
    public init(emptyAnswer: EmptyAnswer = .keepLastGood, removalGrace: Duration = .zero) {
        precondition(removalGrace >= .zero, "the grace period of a removal must not be negative")
        self.emptyAnswer = emptyAnswer
        self.removalGrace = removalGrace
    }
}
