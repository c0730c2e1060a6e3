#if TLS
// Names in source code are known to be right or wrong when they are written: a wrong literal stops the program. Names that
// come from anywhere else go through the throwing initializers.

extension TrustDomain: ExpressibleByStringLiteral {
    /// Creates a trust domain from a literal.
    ///
    /// - Precondition: The literal is a trust domain.
    public init(stringLiteral value: StaticString) {
        do {
            self = try TrustDomain("\(value)" as String)
        } catch {
            preconditionFailure("\(error)")
        }
    }
}

extension SPIFFEID: ExpressibleByStringLiteral {
    /// Creates an ID from a literal.
    ///
    /// - Precondition: The literal is a SPIFFE ID.
    public init(stringLiteral value: StaticString) {
        do {
            self = try SPIFFEID("\(value)" as String)
        } catch {
            preconditionFailure("\(error)")
        }
    }
}

extension SPIFFEIDPattern: ExpressibleByStringLiteral {
    /// Creates a pattern from a literal.
    ///
    /// - Precondition: The literal is a pattern.
    public init(stringLiteral value: StaticString) {
        do {
            self = try SPIFFEIDPattern("\(value)" as String)
        } catch {
            preconditionFailure("\(error)")
        }
    }
}
#endif
