/// Reads JSON (RFC 8259) from the front to the back, driven by whoever knows what should come.
///
/// Why not `JSONDecoder`: the one in swift-foundation tells neither line nor column, accepts a comma before a closing
/// brace, and drops one of two members of the same name without a word.
///
/// What is nested deeper than ``deepest`` is an error, so that a hostile document cannot use up the stack.
package struct JSONReader {
    /// How many objects and arrays may lie inside each other.
    package static let deepest = 64

    private let bytes: [UInt8]
    private var index = 0
    /// Where the reader is in terms of the document: `endpoints[3].weight`.
    package private(set) var path: [PathElement] = []

    package enum PathElement: Hashable, Sendable {
        case member(String)
        case element(Int)
    }

    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { index = 3 }
    }

    /// Reads an object. `member` is called at each value and must read it.
    package mutating func object(
        _ member: (inout JSONReader, _ name: String) throws(DocumentError) -> Void
    ) throws(DocumentError) {
        try enter()
        try expect(0x7B, "an object")
        var names: Set<String> = []
        if try skip(0x7D) { return }
        repeat {
            let start = try position()
            let name = try characters("the name of a member")
            guard names.insert(name).inserted else { throw error("\"\(name)\" appears twice", at: start) }
            try expect(0x3A, "\":\"")
            path.append(.member(name))
            try member(&self, name)
            path.removeLast()
        } while try skip(0x2C)
        try expect(0x7D, "\",\" or \"}\"")
    }

    /// Reads an array. `element` is called at each value and must read it.
    package mutating func array(_ element: (inout JSONReader) throws(DocumentError) -> Void) throws(DocumentError) {
        try enter()
        try expect(0x5B, "an array")
        if try skip(0x5D) { return }
        var count = 0
        repeat {
            path.append(.element(count))
            try element(&self)
            path.removeLast()
            count += 1
        } while try skip(0x2C)
        try expect(0x5D, "\",\" or \"]\"")
    }

    /// Reads a string.
    package mutating func string() throws(DocumentError) -> String {
        try characters("a string")
    }

    /// Reads an integer from 0 to 2^32 - 1.
    package mutating func integer() throws(DocumentError) -> UInt32 {
        let expected = "an integer from 0 to 4294967295"
        let start = try position()
        while index < bytes.count, Self.isPartOfNumber(bytes[index]) { index += 1 }
        let digits = bytes[start..<index]
        guard !digits.isEmpty else { throw unexpected(expected) }
        guard digits.allSatisfy({ (0x30...0x39).contains($0) }), digits.count == 1 || digits.first != 0x30,
            let value = UInt32(String(decoding: digits, as: UTF8.self))
        else { throw error("expected \(expected)", at: start) }
        return value
    }

    /// What a value is, as its first byte says.
    package enum Kind { case object, array, string, number, word }

    /// What comes next, without reading it.
    package mutating func kind() throws(DocumentError) -> Kind {
        skipSpace()
        guard index < bytes.count else { throw unexpected("a value") }
        switch bytes[index] {
        case 0x7B: return .object
        case 0x5B: return .array
        case 0x22: return .string
        case 0x2D, 0x30...0x39: return .number
        case 0x66, 0x6E, 0x74: return .word
        default: throw unexpected("a value")
        }
    }

    /// Reads a number and returns its text, as it was written.
    package mutating func number() throws(DocumentError) -> String {
        let start = try position()
        while index < bytes.count, Self.isPartOfNumber(bytes[index]) { index += 1 }
        let text = bytes[start..<index]
        guard Self.isNumber(text) else { throw error("expected a number", at: start) }
        return String(decoding: text, as: UTF8.self)
    }

    /// Reads `true`, `false` or `null`, which is `nil`.
    package mutating func word() throws(DocumentError) -> Bool? {
        let start = try position()
        for (text, value) in [("true", true), ("false", false), ("null", nil)] as [(String, Bool?)]
        where bytes[start...].starts(with: text.utf8) {
            index += text.utf8.count
            return value
        }
        throw error("expected true, false or null", at: start)
    }

    /// Makes sure that nothing follows.
    package mutating func end() throws(DocumentError) {
        skipSpace()
        if index < bytes.count { throw unexpected("the end of the file") }
    }

    /// The position of the next value, for an error about it.
    package mutating func position() throws(DocumentError) -> Int {
        skipSpace()
        return index
    }

    /// An error at a position.
    package func error(_ reason: String, at position: Int) -> DocumentError {
        var line = 1
        var column = 1
        for byte in bytes[..<min(position, bytes.count)] {
            if byte == 0x0A {
                line += 1
                column = 1
            } else if byte & 0xC0 != 0x80 {
                column += 1
            }
        }
        return DocumentError(line: line, column: column, path: path, reason: reason)
    }
}

extension JSONReader {
    private func enter() throws(DocumentError) {
        guard path.count < Self.deepest else { throw error("nested deeper than \(Self.deepest) levels", at: index) }
    }

    /// Whether the text is a number of RFC 8259, section 6.
    private static func isNumber(_ text: ArraySlice<UInt8>) -> Bool {
        var rest = text
        func digits() -> ArraySlice<UInt8> {
            let digits = rest.prefix { (0x30...0x39).contains($0) }
            rest = rest.dropFirst(digits.count)
            return digits
        }
        if rest.first == 0x2D { rest.removeFirst() }
        let whole = digits()
        guard !whole.isEmpty, whole.count == 1 || whole.first != 0x30 else { return false }
        if rest.first == 0x2E {
            rest.removeFirst()
            guard !digits().isEmpty else { return false }
        }
        if rest.first == 0x65 || rest.first == 0x45 {
            rest.removeFirst()
            if rest.first == 0x2B || rest.first == 0x2D { rest.removeFirst() }
            guard !digits().isEmpty else { return false }
        }
        return rest.isEmpty
    }

    private mutating func skipSpace() {
        while index < bytes.count, Self.isSpace(bytes[index]) { index += 1 }
    }

    private mutating func skip(_ byte: UInt8) throws(DocumentError) -> Bool {
        skipSpace()
        guard index < bytes.count, bytes[index] == byte else { return false }
        index += 1
        return true
    }

    private mutating func expect(_ byte: UInt8, _ what: String) throws(DocumentError) {
        guard try skip(byte) else { throw unexpected(what) }
    }

    private func unexpected(_ expected: String) -> DocumentError {
        guard index < bytes.count else {
            return error("the file ends where \(expected) should come; is it being written?", at: index)
        }
        let byte = bytes[index]
        let found = (0x21...0x7E).contains(byte) ? "\"\(Unicode.Scalar(byte))\"" : "byte 0x\(String(byte, radix: 16))"
        return error("expected \(expected), found \(found)", at: index)
    }

    private mutating func characters(_ what: String) throws(DocumentError) -> String {
        try expect(0x22, what)
        let start = index
        skipPlainCharacters()
        if index < bytes.count, bytes[index] == 0x22 {
            index += 1
            return try string(bytes[start..<index - 1], startingAt: start)
        }
        var text = Array(bytes[start..<index])
        while true {
            guard index < bytes.count else { throw unexpected("the end of a string") }
            switch bytes[index] {
            case 0x22:
                index += 1
                return try string(text[...], startingAt: start)
            case 0x5C:
                try escape(into: &text)
            case ..<0x20:
                throw error("a control character in a string must be escaped", at: index)
            default:
                let run = index
                skipPlainCharacters()
                text += bytes[run..<index]
            }
        }
    }

    private mutating func skipPlainCharacters() {
        index = bytes[index...].firstIndex { $0 == 0x22 || $0 == 0x5C || $0 < 0x20 } ?? bytes.count
    }

    private func string(_ text: ArraySlice<UInt8>, startingAt start: Int) throws(DocumentError) -> String {
        guard let string = String(validating: text, as: UTF8.self) else {
            throw error("a string is not valid UTF-8", at: start)
        }
        return string
    }

    private mutating func escape(into text: inout [UInt8]) throws(DocumentError) {
        let start = index
        index += 1
        guard index < bytes.count else { throw unexpected("an escape") }
        let byte = bytes[index]
        index += 1
        switch byte {
        case 0x22, 0x5C, 0x2F: text.append(byte)
        case 0x62: text.append(0x08)
        case 0x66: text.append(0x0C)
        case 0x6E: text.append(0x0A)
        case 0x72: text.append(0x0D)
        case 0x74: text.append(0x09)
        case 0x75:
            var value = UInt32(try codeUnit(start))
            if (0xD800..<0xDC00).contains(value), index + 1 < bytes.count, bytes[index] == 0x5C,
                bytes[index + 1] == 0x75
            {
                index += 2
                let low = UInt32(try codeUnit(start))
                guard (0xDC00..<0xE000).contains(low) else { throw error("a surrogate stands alone", at: start) }
                value = 0x10000 + (value - 0xD800) << 10 + (low - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(value) else { throw error("a surrogate stands alone", at: start) }
            text.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
        default:
            throw error("there is no such escape", at: start)
        }
    }

    private mutating func codeUnit(_ start: Int) throws(DocumentError) -> UInt16 {
        guard index + 4 <= bytes.count else {
            index = bytes.count
            throw unexpected("four hexadecimal digits")
        }
        var value: UInt16 = 0
        for byte in bytes[index..<index + 4] {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else {
                throw error("\\u needs four hexadecimal digits", at: start)
            }
            value = value << 4 | UInt16(digit)
        }
        index += 4
        return value
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
    }

    private static func isPartOfNumber(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x2B, 0x2D, 0x2E, 0x45, 0x65: true
        default: false
        }
    }
}
