import MeshCore

/// Headers without a request around them.
struct HeaderFields: HeaderCarrier, Hashable {
    var fields: [Field]

    struct Field: Hashable {
        var name: String
        var value: String
    }

    init(_ fields: [(String, String)] = []) {
        self.fields = fields.map { Field(name: $0.0, value: $0.1) }
    }

    func headerValues(_ name: String) -> [String] {
        fields.filter { $0.name.lowercased() == name.lowercased() }.map(\.value)
    }

    mutating func setHeader(_ name: String, to value: String) {
        fields.removeAll { $0.name.lowercased() == name.lowercased() }
        fields.append(Field(name: name, value: value))
    }
}
