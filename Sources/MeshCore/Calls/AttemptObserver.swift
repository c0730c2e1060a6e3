/// Learns how attempts go; for metrics.
///
/// Told by whoever makes the attempts, because that one has read the clock and judged the response already.
public protocol AttemptObserver: Sendable {
    /// An attempt is sent to an endpoint. ``attemptEnded(_:after:)`` follows, exactly once.
    ///
    /// - Parameter number: From 1.
    func attemptStarted(number: Int)

    /// An attempt is over, its body included.
    ///
    /// - Parameters:
    ///   - end: How it ended.
    ///   - nanoseconds: Since it began.
    func attemptEnded(_ end: AttemptEnd, after nanoseconds: UInt64)
}

/// How an attempt ended.
public enum AttemptEnd: Sendable {
    /// With a response that was taken for `verdict`, and whose body ended in this way.
    case response(Outcome.Verdict, ResponseEnd)
    /// Without a response.
    case error(any Error)
}

/// Nobody who wants to know.
public struct NoAttemptObserver: AttemptObserver {
    /// Creates it.
    @inlinable
    public init() {}

    /// Does nothing.
    @inlinable
    public func attemptStarted(number: Int) {}

    /// Does nothing.
    @inlinable
    public func attemptEnded(_ end: AttemptEnd, after nanoseconds: UInt64) {}
}
