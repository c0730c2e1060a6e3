import MeshCore
import MeshHTTP

/// A request of its own, to show that the protocols need no HTTP types.
struct StubRequest: HTTPRequestMessage {
    var methodName = "GET"
    var headers: [(name: String, value: String)] = []
    var canBeSentAgain = true
    var replayLimit: Int?

    mutating func prepareForReplay(limit: Int) { replayLimit = limit }

    func headerValues(_ name: String) -> [String] {
        headers.filter { $0.name.lowercased() == name.lowercased() }.map(\.value)
    }

    mutating func setHeader(_ name: String, to value: String) {
        headers.removeAll { $0.name.lowercased() == name.lowercased() }
        headers.append((name, value))
    }
}

struct StubResponse: HTTPResponseMessage {
    var statusCode: Int
    var headers: [String: String] = [:]

    func headerValue(_ name: String) -> String? { headers[name] }
}

struct StubFailure: ClassifiedError {
    let outcome: Outcome
}
