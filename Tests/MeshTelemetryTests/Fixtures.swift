import MeshCore

/// A request that is nothing but headers.
struct TestRequest: HeaderCarrier, Hashable {
    var headers: [String: String] = [:]

    func headerValues(_ name: String) -> [String] { headers[name].map { [$0] } ?? [] }

    mutating func setHeader(_ name: String, to value: String) { headers[name] = value }
}

/// An error that says of itself that the other side has too much to do.
struct Overload: ClassifiedError {
    var outcome: Outcome { Outcome(.overloaded, retry: .ifIdempotent) }
}

/// Takes the text of a response for its verdict.
struct TextClassifier<Request: Sendable>: Classifier {
    func outcome(of response: String, to request: Request) -> Outcome {
        switch response {
        case "bad": .failure
        case "busy": Outcome(.overloaded)
        case "odd": .inconclusive
        default: .success
        }
    }

    func outcome(of error: any Error, for request: Request) -> Outcome { Outcome(of: error) }

    func idempotency(of request: Request) -> Idempotency { .idempotent }
}
