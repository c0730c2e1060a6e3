public import MeshCore

/// Stands in the record of attempts (`MeshError.attempts`) for a response that was let go of, because
/// another attempt promised a better one.
public struct RetriedResponse: Error, Hashable, CustomStringConvertible {
    /// What the response was taken for.
    public let outcome: Outcome

    /// A phrase for a person.
    public var description: String {
        switch outcome.verdict {
        case .overloaded: "a response that says the endpoint is overloaded"
        case .failure: "a response that says the endpoint failed"
        case .success, .inconclusive: "a response that asks for another attempt"
        }
    }
}
