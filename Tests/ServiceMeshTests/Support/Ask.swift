import MeshCore

/// A request of one word, for in-process endpoints.
struct Ask: HeaderCarrier, Hashable {
    var text = "ask"
    var headers: [String: String] = [:]

    func headerValues(_ name: String) -> [String] { headers[name].map { [$0] } ?? [] }

    mutating func setHeader(_ name: String, to value: String) { headers[name] = value }
}
