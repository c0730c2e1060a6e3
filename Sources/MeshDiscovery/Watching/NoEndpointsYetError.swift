/// There was no first answer: the deadline came earlier, or the watcher stopped.
public struct NoEndpointsYetError: Error, Hashable, CustomStringConvertible {
    /// What ended the wait.
    public enum Reason: Hashable, Sendable {
        /// The deadline was reached.
        case deadlineExceeded
        /// ``EndpointWatcher/run()`` has returned.
        case stopped
    }

    /// What ended the wait.
    public let reason: Reason
    /// What the source failed with last, if it did.
    public let lastFailure: ResolutionError?
    /// How long the wait was.
    public let waited: Duration

    /// Creates the error.
    public init(_ reason: Reason, lastFailure: ResolutionError?, waited: Duration) {
        self.reason = reason
        self.lastFailure = lastFailure
        self.waited = waited
    }

    /// A sentence for a person.
    public var description: String {
        let what = reason == .stopped ? "discovery stopped before its first answer" : "discovery has not answered yet"
        return "\(what), after \(waited)" + (lastFailure.map { "; \($0)" } ?? "; the source has said nothing")
    }
}
