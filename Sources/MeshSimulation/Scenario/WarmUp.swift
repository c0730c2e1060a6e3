public import MeshCore

/// A server that is slow after its start: caches are cold, code is not compiled yet.
public struct WarmUp: Hashable, Sendable {
    /// The share of its speed with which it begins.
    public var from: Fraction
    /// How long it takes to full speed, in a straight line.
    public var duration: Duration

    /// Creates a warm-up.
    public init(from: Fraction, over duration: Duration) {
        self.from = from
        self.duration = duration
    }
}
