public import MeshCore

/// An attempt failed in a way that allows another, and this is what was decided.
///
/// Nothing is reported of calls whose first attempt is also their natural end.
public struct RetryEvent: Sendable {
    /// The service that is called.
    public let service: ServiceName
    /// The number of the attempt that failed, from 1.
    public let attempt: Int
    /// Who was asked; `nil` if no endpoint was reached.
    public let address: Address?
    /// What the attempt ended with.
    public let outcome: Outcome
    /// What follows.
    public let decision: RetryDecision
}
