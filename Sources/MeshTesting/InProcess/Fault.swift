public import MeshCore

/// What goes wrong with a call to an in-process endpoint.
public enum Fault<Response: Sendable>: Sendable {
    /// Nothing: the handler answers.
    case none
    /// Nobody listens: the call fails at once, and was never sent.
    case refused
    /// The connection breaks after the request was sent.
    case reset
    /// The handler is asked only after this time.
    case delayed(Duration)
    /// No answer, ever. Ends with the cancellation of the call.
    case hang
    /// The call fails with this error instead of being handled.
    case error(any Error)
    /// This response instead of the handler's.
    case response(Response)
}

/// What a faulty in-process endpoint fails with.
public enum InProcessError: ClassifiedError, Hashable, CustomStringConvertible {
    /// Nobody listens at the address.
    case connectionRefused(Address)
    /// The connection broke after the request was sent.
    case connectionReset(Address)

    /// The endpoint's fault both times; a refused call was never sent.
    public var outcome: Outcome {
        switch self {
        case .connectionRefused: Outcome(.failure, retry: .neverSent)
        case .connectionReset: Outcome(.failure, retry: .ifIdempotent)
        }
    }

    /// A phrase for a person.
    public var description: String {
        switch self {
        case .connectionRefused(let address): "\(address) refused the connection"
        case .connectionReset(let address): "\(address) reset the connection"
        }
    }
}
