public import MeshCore

/// Names with fixed addresses: the content of `/etc/hosts`.
public struct HostsFile: Hashable, Sendable {
    private var addresses: [DNSName: [IPAddress]] = [:]

    /// Creates an empty file.
    public init() {}

    /// Reads the text of a `hosts(5)`. Lines that cannot be read are skipped.
    public init(_ text: String) {
        for line in text.split(whereSeparator: \.isNewline) {
            let words = line.prefix { $0 != "#" }.split(whereSeparator: \.isWhitespace)
            guard words.count > 1, let address = IPAddress(words[0]) else { continue }
            for word in words.dropFirst() {
                guard let name = try? DNSName(word), addresses[name]?.contains(address) != true else { continue }
                addresses[name, default: []].append(address)
            }
        }
    }

    /// The addresses of a name in the order of the file; `nil` if it is not listed.
    ///
    /// `localhost` and what ends in it is the loopback address whatever the file says, and never a question to a name
    /// server (RFC 6761 section 6.3). The file may only choose among loopback addresses.
    public func addresses(of name: DNSName) -> [IPAddress]? {
        let listed = addresses[name]
        guard name.isLocalhost else { return listed }
        let loopback = (listed ?? []).filter(\.isLoopback)
        return loopback.isEmpty ? [.v4(0x7F00_0001), .v6(upper: 0, lower: 1, zone: nil)] : loopback
    }
}

extension IPAddress {
    fileprivate var isLoopback: Bool {
        switch self {
        case .v4(let value): value >> 24 == 127
        case .v6(let upper, let lower, _): upper == 0 && lower == 1
        }
    }
}
