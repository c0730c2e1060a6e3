import MeshCore
import MeshHTTP

/// What a simulated client sends: a number and nothing else.
struct SimulatedRequest: HeaderCarrier {
    let number: UInt64

    func headerValues(_ name: String) -> [String] { [] }

    mutating func setHeader(_ name: String, to value: String) {}
}

/// What a simulated server answers.
struct SimulatedResponse: CallResponse {
    let status: Int
}

/// Judges statuses as the configuration says. Every request is idempotent.
struct SimulatedClassifier: Classifier {
    let classification: HTTPClassification

    func outcome(of response: SimulatedResponse, to request: SimulatedRequest) -> Outcome {
        classification.outcome(ofStatus: response.status)
    }

    func outcome(of error: any Error, for request: SimulatedRequest) -> Outcome { Outcome(of: error) }

    func idempotency(of request: SimulatedRequest) -> Idempotency { .idempotent }
}

/// What the network of a simulation fails with.
enum SimulatedNetworkError: ClassifiedError, Hashable {
    case refused
    case reset

    var outcome: Outcome {
        switch self {
        case .refused: Outcome(.failure, retry: .neverSent)
        case .reset: Outcome(.failure, retry: .ifIdempotent)
        }
    }
}
