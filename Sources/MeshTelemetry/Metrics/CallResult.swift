public import MeshCore

/// How a call or an attempt went, for metrics and spans: the values of the dimension `outcome`.
///
/// A small closed set, so that no metric grows without bound.
public enum CallResult: String, Hashable, Sendable, CaseIterable {
    /// It was answered, and the answer is good.
    case success
    /// It was answered with an error, or broke off.
    case failure
    /// The other side had too much to do.
    case overloaded
    /// Its time was up.
    case timeout
    /// It got no endpoint, or the mesh was shutting down: no attempt was made.
    case unavailable
    /// Its caller went away, or the mesh shut down.
    case cancelled

    /// The value of the dimension.
    public var name: String { rawValue }

    /// What a response is, by the verdict on it.
    @inlinable
    public init(ofResponseWith verdict: Outcome.Verdict) {
        switch verdict {
        case .success, .inconclusive: self = .success
        case .failure: self = .failure
        case .overloaded: self = .overloaded
        }
    }

    /// What an error is, by its type: `MeshError`, `CancellationSignal.Reason`, `CancellationError`, or what it
    /// says of itself as a `ClassifiedError`.
    public init(of error: any Error) {
        switch error {
        case let error as MeshError:
            switch error.code {
            case .deadlineExceeded: self = .timeout
            case .noEndpoints, .unavailable, .shutDown: self = .unavailable
            case .attemptsFailed: self = error.lastCause.map { CallResult(of: $0) } ?? .failure
            case .invalidRequest: self = .failure
            }
        case let reason as CancellationSignal.Reason:
            switch reason {
            case .deadlineExceeded, .responseUnread, .attemptTimedOut: self = .timeout
            case .shutDown: self = .cancelled
            }
        case is CancellationError:
            self = .cancelled
        case let error as any ClassifiedError:
            self = error.outcome.verdict == .overloaded ? .overloaded : .failure
        default:
            self = .failure
        }
    }

    /// What becomes of the result that the head of a response promised, once its body has ended. A body that nobody
    /// wanted to the end takes nothing away from it.
    @usableFromInline
    func finished(_ end: ResponseEnd) -> CallResult {
        switch end {
        case .complete, .dropped: self
        case .failed(let error): CallResult(of: error)
        }
    }
}
