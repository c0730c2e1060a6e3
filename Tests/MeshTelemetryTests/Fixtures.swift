import MeshCore
import Synchronization

/// A request that is nothing but headers.
struct TestRequest: HeaderCarrier, Hashable {
    var headers: [String: String] = [:]

    func headerValues(_ name: String) -> [String] { headers[name].map { [$0] } ?? [] }

    mutating func setHeader(_ name: String, to value: String) { headers[name] = value }
}

/// A response whose body ends when the test says so.
struct StreamingResponse: CallResponse {
    static var isStreaming: Bool { true }

    let body = StreamingBody()

    mutating func onEnd(_ action: @escaping @Sendable (ResponseEnd) -> Void) { body.onEnd(action) }
}

final class StreamingBody: Sendable {
    private let actions = Mutex<[@Sendable (ResponseEnd) -> Void]>([])

    func onEnd(_ action: @escaping @Sendable (ResponseEnd) -> Void) { actions.withLock { $0.append(action) } }

    func end(_ end: ResponseEnd) {
        let actions = actions.withLock { actions in
            defer { actions = [] }
            return actions
        }
        for action in actions.reversed() { action(end) }
    }
}

/// An error that says of itself that the other side has too much to do.
struct Overload: ClassifiedError {
    var outcome: Outcome { Outcome(.overloaded, retry: .ifIdempotent) }
}

/// An error that says nothing of itself.
struct Plain: Error {}

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

    func isIdempotent(_ request: Request) -> Bool { true }
}
