import MeshCore
import MeshHTTP

/// What a simulated client sends: nothing.
struct SimulatedRequest: HeaderCarrier {
    func headerValues(_ name: String) -> [String] { [] }

    mutating func setHeader(_ name: String, to value: String) {}
}

/// What a simulated server answers.
struct SimulatedResponse: CallResponse {
    let status: Int
    /// What travels on its back, if the client's policy makes use of it.
    var news: ServerNews?
}

/// What a server says of itself.
final class ServerNews: Sendable {
    let probe: ProbeResponse?
    let report: LoadReport?

    init(probe: ProbeResponse? = nil, report: LoadReport? = nil) {
        self.probe = probe
        self.report = report
    }
}

/// Judges statuses as the configuration says. Every request is idempotent.
struct SimulatedClassifier: Classifier {
    let classification: HTTPClassification

    func outcome(of response: SimulatedResponse, to request: SimulatedRequest) -> Outcome {
        classification.outcome(ofStatus: response.status)
    }

    func outcome(of error: any Error, for request: SimulatedRequest) -> Outcome { Outcome(of: error) }

    func idempotency(of request: SimulatedRequest) -> Idempotency { .idempotent }

    func loadReport(of response: SimulatedResponse) -> LoadReport? { response.news?.report }

    func probeResponse(of response: SimulatedResponse) -> ProbeResponse? { response.news?.probe }
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
