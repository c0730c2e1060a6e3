import MeshCore

/// The content of `tracestate` headers: what each tracing system on the way has to say to itself, newest first.
///
/// Kept as the text of the header, so that passing it on costs nothing; members are read when they are asked for.
///
/// Limits of W3C Trace Context level 2: 32 members, keys and values of 256 characters each. Everything within them is
/// passed on, at most 16,447 characters; the specification asks for 512. See ``truncated(toLength:)``.
///
/// A key that occurs twice is against the rules for those who write, but its readers must inherit the list all the
/// same (W3C test suite, `test_tracestate_duplicated_keys`). It is passed on as it came, the first one counts, and
/// changing the key removes the others.
public struct TraceState: Hashable, Sendable {
    /// The most members a list may have.
    public static let maximumCount = 32

    // Canonical: no white space around members, no empty members.
    private var text: String

    /// Creates an empty list.
    public init() {
        text = ""
    }

    /// Reads the value of a `tracestate` header; `nil` if it is invalid, in which case none of it must be used.
    public init?(_ text: String) {
        guard let canonical = Self.canonical(text) else { return nil }
        self.text = canonical
    }

    /// Reads the values of several `tracestate` headers as one list, in their order (RFC 9110, section 5.3); `nil` if
    /// it is invalid as a whole.
    public init?(headerValues values: [String]) {
        self.init(values.count == 1 ? values[0] : values.joined(separator: ","))
    }

    /// Whether there are no members.
    public var isEmpty: Bool { text.isEmpty }

    /// The members, newest first.
    ///
    /// - Complexity: O(length of the header)
    public var members: [Member] {
        text.withBytes { bytes in
            var members: [Member] = []
            Self.forEachMember(bytes) { key, value in
                members.append(Member(key: Self.string(bytes, key), value: Self.string(bytes, value)))
            }
            return members
        }
    }

    /// The value for a key; `nil` if there is none.
    ///
    /// - Complexity: O(length of the header)
    public subscript(key: String) -> String? {
        text.withBytes { bytes in
            key.withBytes { wanted in
                var found: String?
                Self.forEachMember(bytes) { key, value in
                    guard found == nil, key.count == wanted.count, bytes[key].elementsEqual(wanted) else { return }
                    found = Self.string(bytes, value)
                }
                return found
            }
        }
    }

    /// Adds a key or changes its value. Puts it first, and drops members from the end above ``maximumCount``.
    ///
    /// - Throws: ``InvalidTraceStateError`` if key or value is against the grammar.
    public mutating func set(_ key: String, to value: String) throws(InvalidTraceStateError) {
        let isKey = key.withBytes { TraceStateGrammar.isKey($0, $0.indices) }
        guard isKey else {
            throw InvalidTraceStateError(
                text: key,
                reason: "a key has 1 to 256 of a-z 0-9 _ - * / @ and begins with a letter or a digit"
            )
        }
        let isValue = value.withBytes { TraceStateGrammar.isValue($0, $0.indices) }
        guard isValue else {
            throw InvalidTraceStateError(
                text: value,
                reason:
                    "a value has 1 to 256 printable ASCII characters but no comma, no equals sign, no space at its end"
            )
        }
        let others = members.filter { $0.key != key }.prefix(Self.maximumCount - 1)
        self = TraceState(members: [Member(key: key, value: value)] + others)
    }

    /// Removes a key, every occurrence of it.
    public mutating func remove(_ key: String) {
        self = TraceState(members: members.filter { $0.key != key })
    }

    /// This list with at most `length` characters.
    ///
    /// Drops whole members: those of more than 128 characters first, then from the end, as the specification says.
    public func truncated(toLength length: Int = 512) -> TraceState {
        var excess = text.utf8.count - length
        guard excess > 0 else { return self }
        var members = members
        func drop(at index: Int) { excess -= members.remove(at: index).length + 1 }
        for index in members.indices.reversed() where excess > 0 && members[index].length > 128 { drop(at: index) }
        while excess > 0, !members.isEmpty { drop(at: members.count - 1) }
        return TraceState(members: members)
    }

    private init(members: [Member]) {
        text = members.lazy.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
    }
}

extension TraceState {
    /// What one tracing system has to say.
    public struct Member: Hashable, Sendable {
        /// Names the system.
        public let key: String
        /// Opaque to everybody else.
        public let value: String

        var length: Int { key.utf8.count + 1 + value.utf8.count }
    }
}

extension TraceState: CustomStringConvertible {
    /// The value of the header. An empty list should not be sent.
    public var description: String { text }
}

/// A key or a value that does not fit into a `tracestate` header.
public struct InvalidTraceStateError: Error, Hashable, CustomStringConvertible {
    /// The text that was given.
    public let text: String
    /// What is wrong with it.
    public let reason: String

    /// A sentence for a person.
    public var description: String { "\(text.quoted()) does not fit into tracestate: \(reason)" }
}

// MARK: - Parsing

extension TraceState {
    private enum Verdict { case invalid, canonical, loose }

    private static func canonical(_ text: String) -> String? {
        switch text.withBytes(verdict) {
        case .invalid: nil
        case .canonical: text
        case .loose:
            text.withBytes { bytes in
                var result: [UInt8] = []
                result.reserveCapacity(bytes.count)
                forEachPart(bytes) { part in
                    guard !part.isEmpty else { return }
                    if !result.isEmpty { result.append(ASCII.comma) }
                    result.append(contentsOf: bytes[part])
                }
                return String(decoding: result, as: UTF8.self)
            }
        }
    }

    private static func verdict(_ bytes: Bytes) -> Verdict {
        var count = 0
        var length = 0
        var isValid = true
        forEachPart(bytes) { part in
            guard isValid, !part.isEmpty else { return }
            let split = part.firstIndex(of: ASCII.equals, in: bytes)
            isValid =
                split < part.upperBound
                && TraceStateGrammar.isKey(bytes, part.lowerBound..<split)
                && TraceStateGrammar.isValue(bytes, split + 1..<part.upperBound)
            count += 1
            length += part.count + 1
        }
        guard isValid, count <= maximumCount else { return .invalid }
        return max(0, length - 1) == bytes.count ? .canonical : .loose
    }

    /// The stretches between commas, without the white space around them.
    @inline(__always)
    private static func forEachPart(_ bytes: Bytes, _ body: (Range<Int>) -> Void) {
        var start = 0
        while start <= bytes.count {
            let end = (start..<bytes.count).firstIndex(of: ASCII.comma, in: bytes)
            body((start..<end).trimmed(in: bytes))
            start = end + 1
        }
    }

    /// Keys and values of a canonical list.
    private static func forEachMember(_ bytes: Bytes, _ body: (_ key: Range<Int>, _ value: Range<Int>) -> Void) {
        forEachPart(bytes) { part in
            let split = part.firstIndex(of: ASCII.equals, in: bytes)
            if split < part.upperBound { body(part.lowerBound..<split, split + 1..<part.upperBound) }
        }
    }

    private static func string(_ bytes: Bytes, _ range: Range<Int>) -> String {
        String(decoding: bytes[range], as: UTF8.self)
    }
}
