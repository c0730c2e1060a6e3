import MeshCore

extension JSONReader {
    /// Where the value at a path begins; if there is none, where the last value on the way to it does.
    ///
    /// Reads the document once more: what is wrong with a value is often known only when all have been read.
    ///
    /// - Complexity: O(the length of the document)
    static func position(of path: [PathElement], in json: [UInt8]) -> Int {
        var reader = JSONReader(json)
        var found = 0
        try? reader.visit { visited, position in
            if path.starts(with: visited) { found = position }
        }
        return found
    }

    /// Calls `visitor` at every value, at those that contain others first.
    private mutating func visit(_ visitor: (_ path: [PathElement], _ position: Int) -> Void) throws(DocumentError) {
        visitor(path, try position())
        switch try kind() {
        case .object: try object { reader, _ throws(DocumentError) in try reader.visit(visitor) }
        case .array: try array { reader throws(DocumentError) in try reader.visit(visitor) }
        case .string: _ = try string()
        case .number: _ = try number()
        case .word: _ = try word()
        }
    }
}
