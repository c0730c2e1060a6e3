/// Where an endpoint listens.
public enum Address: Hashable, Sendable, CustomStringConvertible {
    /// An IP address and a port.
    case ip(IPAddress, port: UInt16)
    /// A host name that the transport resolves when it connects, and a port.
    case host(String, port: UInt16)
    /// A Unix-domain socket.
    case unix(path: String)

    /// Reads `10.0.0.1:80`, `[2001:db8::1]:80`, `users.local:80` or `unix:/run/users.sock`.
    ///
    /// - Throws: ``InvalidAddressError`` with the text and the reason.
    public init(_ text: String) throws(InvalidAddressError) {
        func invalid(_ reason: String) -> InvalidAddressError { InvalidAddressError(text: text, reason: reason) }

        if text.hasPrefix("unix:") {
            let path = text.dropFirst(5)
            guard path.hasPrefix("/") else { throw invalid("a Unix socket needs an absolute path behind \"unix:\"") }
            guard path.utf8.count < 104 else { throw invalid("the path of a Unix socket has at most 103 bytes") }
            guard !path.utf8.contains(0) else { throw invalid("the path of a Unix socket has no zero byte") }
            self = .unix(path: String(path))
            return
        }
        guard let colon = text.lastIndex(of: ":") else { throw invalid("the port is missing") }
        let digits = text[text.index(after: colon)...]
        guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = UInt16(digits), port > 0 else {
            throw invalid("\(digits.quoted()) is not a port (1 to 65535)")
        }
        let host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            guard let address = IPAddress(host.dropFirst().dropLast()), case .v6 = address else {
                throw invalid("there is no IPv6 address between the brackets")
            }
            self = .ip(address, port: port)
        } else if let address = IPAddress(host) {
            guard case .v4 = address else {
                throw invalid("an IPv6 address is written in brackets: [\(address)]:\(port)")
            }
            self = .ip(address, port: port)
        } else {
            guard Self.isHostName(host) else { throw invalid("\(host.quoted()) is not a host name") }
            guard !Self.endsInNumber(host) else {
                throw invalid("\(host.quoted()) is neither an IPv4 address nor a host name")
            }
            self = .host(String(host), port: port)
        }
    }

    /// The address in the form that ``init(_:)`` reads.
    public var description: String {
        switch self {
        case .ip(.v4(let value), let port): "\(IPAddress.v4(value)):\(port)"
        case .ip(let address, let port): "[\(address)]:\(port)"
        case .host(let name, let port): "\(name):\(port)"
        case .unix(let path): "unix:\(path)"
        }
    }

    /// The port, or `nil` for a Unix-domain socket.
    public var port: UInt16? {
        switch self {
        case .ip(_, let port), .host(_, let port): port
        case .unix: nil
        }
    }

    /// The IP address without brackets or the host name; `nil` for a Unix-domain socket.
    public var host: String? {
        switch self {
        case .ip(let address, _): "\(address)"
        case .host(let name, _): name
        case .unix: nil
        }
    }

    /// Whether the last label is a number. No host name of the DNS ends in one, but `getaddrinfo` reads such text as an
    /// IPv4 address of another age: `010.0.0.1` as 8.0.0.1, `1` as 0.0.0.1 (WHATWG URL, "ends in a number").
    private static func endsInNumber(_ text: Substring) -> Bool {
        let name = text.hasSuffix(".") ? text.dropLast() : text
        let last = name.split(separator: ".").last ?? ""
        if last.utf8.allSatisfy({ (0x30...0x39).contains($0) }) { return true }
        return last.lowercased().hasPrefix("0x") && last.dropFirst(2).allSatisfy(\.isHexDigit)
    }

    private static func isHostName(_ text: Substring) -> Bool {
        let labels = (text.hasSuffix(".") ? text.dropLast() : text).split(
            separator: ".",
            omittingEmptySubsequences: false
        )
        return (1...253).contains(text.utf8.count)
            && labels.allSatisfy { label in
                (1...63).contains(label.utf8.count)
                    && label.utf8.allSatisfy {
                        (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
                            || $0 == 0x2D || $0 == 0x5F
                    }
                    && label.utf8.first != 0x2D && label.utf8.last != 0x2D
            }
    }
}

extension Address {
    /// Hashes an IPv4 address and its port, which most addresses are, as one number: sets of endpoints are large.
    public func hash(into hasher: inout Hasher) {
        switch self {
        case .ip(.v4(let value), let port):
            hasher.combine(UInt64(value) << 16 | UInt64(port))
        case .ip(let address, let port):
            hasher.combine(address)
            hasher.combine(port)
        case .host(let name, let port):
            hasher.combine(name)
            hasher.combine(port)
        case .unix(let path):
            hasher.combine(path)
        }
    }
}

/// An endpoint address that cannot be read.
public struct InvalidAddressError: Error, Hashable, CustomStringConvertible {
    /// The text that was given.
    public let text: String
    /// What is wrong with it.
    public let reason: String

    /// A sentence for a person.
    public var description: String { "\(text.quoted()) is not an endpoint address: \(reason)" }
}
