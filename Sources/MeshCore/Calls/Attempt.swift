/// One attempt at a call, and what came of it.
public struct Attempt<Response: Sendable>: Sendable {
    /// The response, or why there is none.
    public let result: Result<Response, any Error>
    /// What it says about the endpoint and about another try.
    public let outcome: Outcome
    /// Who was asked; `nil` if the attempt did not get that far.
    public let endpoint: Endpoint?
    /// When the endpoint was chosen.
    public let startedAt: MeshInstant
    /// When the head of the response was in, or the error.
    public let endedAt: MeshInstant

    /// Creates the record of an attempt.
    @inlinable
    public init(
        _ result: Result<Response, any Error>,
        outcome: Outcome,
        endpoint: Endpoint? = nil,
        from startedAt: MeshInstant = .zero,
        to endedAt: MeshInstant = .zero
    ) {
        self.result = result
        self.outcome = outcome
        self.endpoint = endpoint
        self.startedAt = startedAt
        self.endedAt = endedAt
    }

    /// The address of the endpoint that was asked.
    public var address: Address? { endpoint?.address }

    /// From the choice of the endpoint to the head of the response or the error.
    public var duration: Duration { startedAt.duration(to: endedAt) }
}

/// Makes attempts: each call of ``attempt(_:context:)`` picks an endpoint afresh and asks it once.
///
/// What retries sit on. A failure is a value here, because the layer above needs its outcome and endpoint
/// as much as the error.
public protocol AttemptSource<Request, Response>: Sendable {
    /// What is sent.
    associatedtype Request: Sendable
    /// What comes back.
    associatedtype Response: CallResponse

    /// Asks one endpoint once.
    func attempt(_ request: Request, context: CallContext) async -> Attempt<Response>
}
