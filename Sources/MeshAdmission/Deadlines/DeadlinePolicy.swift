/// How long calls may take.
public struct DeadlinePolicy: Hashable, Sendable {
    /// How long a whole call may take, body and retries included. 15 s by default, Envoy's route timeout; `nil` for no
    /// limit. A deadline that the caller set or inherited counts if it is earlier.
    public var timeout: Duration? {
        didSet { Self.check(timeout) }
    }

    /// Creates a policy.
    ///
    /// - Precondition: The timeout is not negative. Zero is allowed and lets no call through.
    public init(timeout: Duration? = .seconds(15)) {
        Self.check(timeout)
        self.timeout = timeout
    }

    private static func check(_ timeout: Duration?) {
        precondition(timeout.map { $0 >= .zero } ?? true, "a timeout must not be negative")
    }
}
