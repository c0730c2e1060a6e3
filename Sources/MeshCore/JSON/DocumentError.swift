/// Where and why a document is not what it should be.
package struct DocumentError: Error, Hashable, Sendable, CustomStringConvertible {
    /// From 1.
    package var line: Int
    /// From 1, in characters (Unicode scalars).
    package var column: Int
    package var path: [JSONReader.PathElement]
    package var reason: String

    /// A sentence for a person. What stands in the document is cut and escaped, so that it fits into a line of a log.
    package var description: String {
        let place = path.isEmpty ? "" : " in \(Self.text(path).visible(upTo: 500))"
        return "line \(line), column \(column)\(place): \(reason.visible(upTo: 500))"
    }

    package init(line: Int, column: Int, path: [JSONReader.PathElement], reason: String) {
        self.line = line
        self.column = column
        self.path = path
        self.reason = reason
    }

    /// A path as a person writes it: `servers[1].work.mean`.
    package static func text(_ path: [JSONReader.PathElement]) -> String {
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
