/// Where and why a document is not what it should be.
struct DocumentError: Error, Hashable, Sendable, CustomStringConvertible {
    /// From 1.
    var line: Int
    /// From 1, in characters (Unicode scalars).
    var column: Int
    var path: [JSONReader.PathElement]
    var reason: String

    var description: String {
        let place = path.isEmpty ? "" : " in \(Self.text(path))"
        return "line \(line), column \(column)\(place): \(reason)"
    }

    static func text(_ path: [JSONReader.PathElement]) -> String {
        var text = ""
        for element in path {
            switch element {
            case .member(let name): text += text.isEmpty ? name : ".\(name)"
            case .element(let index): text += "[\(index)]"
            }
        }
        return text
    }
}
