import MeshCore

/// The content of `baggage` headers: what an application gives its requests to carry, from service to service.
///
/// Kept as the text of the header, so that passing it on costs nothing; entries are read when they are asked for.
/// Everybody on the way can read it: no secrets.
///
/// W3C Baggage wants at least 64 members and 8,192 bytes passed on. The limits here are 180 members, the most that the
/// grammar has, and 8,192 bytes. A member that goes beyond a limit is dropped as a whole, and so is one that is against
/// the grammar; the others stay. Keys may occur more than once: all are passed on in their order, the last one counts.
public struct Baggage: Hashable, Sendable {
    /// The most members that are kept.
    public static let maximumCount = 180

    /// The most bytes that are kept.
    public static let maximumLength = 8192

    // Canonical: valid members without any white space, within the limits.
    private var text: String

    /// Creates empty baggage.
    public init() {
        text = ""
    }

    /// Reads the value of a `baggage` header. Members that are malformed are dropped.
    public init(_ text: String) {
        self.text = Self.canonical(text)
    }

    /// Reads the values of several `baggage` headers as one list, in their order.
    public init(headerValues values: [String]) {
        self.init(values.count == 1 ? values[0] : values.joined(separator: ","))
    }

    /// Whether there is nothing to carry.
    public var isEmpty: Bool { text.isEmpty }

    /// What is carried, in order, duplicates included.
    ///
    /// - Complexity: O(length of the header)
    public var entries: [Entry] {
        text.split(separator: ",").map { member in
            var pairs = member.split(separator: ";").map(Self.pair)
            let first = pairs.removeFirst()
            return Entry(
                validKey: first.key,
                value: first.value ?? "",
                properties: pairs.map { Property(validKey: $0.key, value: $0.value) }
            )
        }
    }

    /// The value of the last entry with this key; `nil` if there is none.
    ///
    /// - Complexity: O(length of the header)
    public subscript(key: String) -> String? {
        entries.last { $0.key == key }?.value
    }

    /// Adds an entry at the end, in the place of all that have its key.
    ///
    /// - Throws: ``InvalidBaggageError`` if it would exceed a limit. Nothing is changed then.
    public mutating func set(_ entry: Entry) throws(InvalidBaggageError) {
        var changed = self
        changed.remove(entry.key)
        let member = entry.description
        let isFirst = changed.isEmpty
        let count = isFirst ? 0 : changed.text.utf8.reduce(1) { $1 == ASCII.comma ? $0 + 1 : $0 }
        let length = changed.text.utf8.count + (isFirst ? 0 : 1) + member.utf8.count
        guard count < Self.maximumCount, length <= Self.maximumLength else {
            throw InvalidBaggageError(
                text: entry.key,
                reason: "baggage has at most \(Self.maximumCount) members and \(Self.maximumLength) bytes"
            )
        }
        if !isFirst { changed.text += "," }
        changed.text += member
        self = changed
    }

    /// Removes all entries with this key.
    public mutating func remove(_ key: String) {
        let prefix = key + "="
        let members = text.split(separator: ",")
        let rest = members.filter { !$0.hasPrefix(prefix) }
        if rest.count < members.count { text = rest.joined(separator: ",") }
    }

    private static func pair(_ text: Substring) -> (key: String, value: String?) {
        guard let split = text.firstIndex(of: "=") else { return (String(text), nil) }
        return (String(text[..<split]), PercentEncoding.decoded(text[text.index(after: split)...]))
    }
}

extension Baggage: CustomStringConvertible {
    /// The value of the header. Empty baggage should not be sent.
    public var description: String { text }
}

/// Something that baggage cannot carry.
public struct InvalidBaggageError: Error, Hashable, CustomStringConvertible {
    /// The text that was given.
    public let text: String
    /// What is wrong with it.
    public let reason: String

    /// A sentence for a person.
    public var description: String { "\(text.quoted()) does not fit into baggage: \(reason)" }
}

// MARK: - Parsing

extension Baggage {
    private static func canonical(_ text: String) -> String {
        text.withBytes { bytes in
            var count = 0
            var length = 0
            forEachMember(bytes) { _, tight in
                count += 1
                length += tight + (count > 1 ? 1 : 0)
            }
            if length == bytes.count { return text }
            var result: [UInt8] = []
            result.reserveCapacity(length)
            forEachMember(bytes) { member, _ in
                if !result.isEmpty { result.append(ASCII.comma) }
                // White space stands only between the parts of a valid member, never inside them.
                for index in member where !ASCII.isWhitespace(bytes[index]) { result.append(bytes[index]) }
            }
            return String(decoding: result, as: UTF8.self)
        }
    }

    /// The valid members that fit within the limits, and their lengths without white space.
    private static func forEachMember(_ bytes: Bytes, _ body: (_ member: Range<Int>, _ tightLength: Int) -> Void) {
        var start = 0
        var count = 0
        var length = 0
        while start <= bytes.count, count < maximumCount {
            let end = (start..<bytes.count).firstIndex(of: ASCII.comma, in: bytes)
            let member = (start..<end).trimmed(in: bytes)
            start = end + 1
            guard BaggageGrammar.isMember(bytes, member) else { continue }
            let tight = member.reduce(0) { ASCII.isWhitespace(bytes[$1]) ? $0 : $0 + 1 }
            let total = length + (count > 0 ? 1 : 0) + tight
            guard total <= maximumLength else { continue }
            count += 1
            length = total
            body(member, tight)
        }
    }
}
