/// Whether carrying out a request twice does no more harm than once.
public enum Idempotency: Hashable, Sendable {
    /// It does not.
    case idempotent
    /// It may.
    case notIdempotent
}
