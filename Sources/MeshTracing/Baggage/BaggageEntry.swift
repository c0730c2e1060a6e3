extension Baggage {
    /// A key, its value, and what else is said about it.
    public struct Entry: Hashable, Sendable {
        /// The key: a token as in HTTP headers.
        public let key: String
        /// The value, without escapes: any text.
        public let value: String
        /// What else is said about the value. Has no meaning to W3C Baggage.
        public let properties: [Property]

        /// Creates an entry.
        ///
        /// - Throws: ``InvalidBaggageError`` if `key` is not a token.
        public init(key: String, value: String, properties: [Property] = []) throws(InvalidBaggageError) {
            try Baggage.validate(key)
            self.init(validKey: key, value: value, properties: properties)
        }

        init(validKey key: String, value: String, properties: [Property]) {
            self.key = key
            self.value = value
            self.properties = properties
        }
    }

    /// A remark about a value: a key, with or without a value of its own.
    public struct Property: Hashable, Sendable {
        /// The key: a token as in HTTP headers.
        public let key: String
        /// The value, without escapes; `nil` if there is none.
        public let value: String?

        /// Creates a property.
        ///
        /// - Throws: ``InvalidBaggageError`` if `key` is not a token.
        public init(key: String, value: String? = nil) throws(InvalidBaggageError) {
            try Baggage.validate(key)
            self.init(validKey: key, value: value)
        }

        init(validKey key: String, value: String?) {
            self.key = key
            self.value = value
        }
    }

    private static func validate(_ key: String) throws(InvalidBaggageError) {
        let isToken = key.withBytes { BaggageGrammar.isToken($0, $0.indices) }
        guard isToken else {
            throw InvalidBaggageError(
                text: key,
                reason: "a key has letters, digits and !#$%&'*+-.^_`|~ only, at least one"
            )
        }
    }
}

extension Baggage.Entry: CustomStringConvertible {
    /// The entry as a member of the header, with escapes.
    public var description: String {
        var text = "\(key)=\(PercentEncoding.encoded(value))"
        for property in properties { text += ";\(property)" }
        return text
    }
}

extension Baggage.Property: CustomStringConvertible {
    /// The property as a part of the header, with escapes.
    public var description: String {
        value.map { "\(key)=\(PercentEncoding.encoded($0))" } ?? key
    }
}
