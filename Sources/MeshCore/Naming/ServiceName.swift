/// The logical name of a service: what a caller asks for, and what metrics, events and errors call it.
///
/// Any non-empty string without white space or control characters: `users`, `users.prod`, `orders-v2`.
public struct ServiceName: Hashable, Sendable, CustomStringConvertible, ExpressibleByStringLiteral {
    /// The name as written.
    public let rawValue: String

    /// Creates a name from text that may be wrong.
    ///
    /// - Throws: ``InvalidNameError`` if `rawValue` is empty or has white space or control characters in it.
    public init(validating rawValue: String) throws(InvalidNameError) {
        guard !rawValue.isEmpty else { throw InvalidNameError(text: rawValue, reason: "it is empty") }
        if rawValue.unicodeScalars.contains(where: {
            $0.properties.isWhitespace || $0.properties.generalCategory == .control
        }) {
            throw InvalidNameError(text: rawValue, reason: "it has white space or a control character in it")
        }
        self.rawValue = rawValue
    }

    /// Creates a name from text known to be right.
    ///
    /// - Precondition: The text is a valid name.
    public init(_ rawValue: String) {
        do {
            try self.init(validating: rawValue)
        } catch {
            preconditionFailure("\(error)")
        }
    }

    /// Creates a name from a literal.
    public init(stringLiteral value: StaticString) {
        self.init("\(value)")
    }

    /// The name as written.
    public var description: String { rawValue }
}

/// A service name that is none.
public struct InvalidNameError: Error, Hashable, CustomStringConvertible {
    /// The text that was given.
    public let text: String
    /// What is wrong with it.
    public let reason: String

    /// A sentence for a person.
    public var description: String { "\(text.quoted()) is not a service name: \(reason)" }
}
