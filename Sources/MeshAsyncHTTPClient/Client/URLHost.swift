/// Finds the host in a URL without parsing the rest of it: once for each call, on the way to the service.
enum URLHost {
    /// The host in lower case, without user, port or brackets; `nil` if there is none.
    static func find(in url: String) -> String? {
        let bytes = url.utf8
        guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")), isScheme(bytes[..<colon]) else { return nil }
        let rest = bytes[bytes.index(after: colon)...]
        guard rest.starts(with: "//".utf8) else { return nil }
        var authority = rest.dropFirst(2)
        if let end = authority.firstIndex(where: { $0 == 0x2F || $0 == 0x3F || $0 == 0x23 }) {
            authority = authority[..<end]
        }
        if let at = authority.lastIndex(of: UInt8(ascii: "@")) {
            authority = authority[authority.index(after: at)...]
        }
        if authority.first == UInt8(ascii: "[") {
            guard let bracket = authority.firstIndex(of: UInt8(ascii: "]")) else { return nil }
            authority = authority[authority.index(after: authority.startIndex)..<bracket]
        } else if let port = authority.firstIndex(of: UInt8(ascii: ":")) {
            authority = authority[..<port]
        }
        guard !authority.isEmpty else { return nil }
        let host = String(Substring(authority))
        return authority.contains { (0x41...0x5A).contains($0) } ? host.lowercased() : host
    }

    private static func isScheme(_ bytes: Substring.UTF8View) -> Bool {
        !bytes.isEmpty
            && bytes.allSatisfy { byte in
                (0x61...0x7A).contains(byte | 0x20) || (0x30...0x39).contains(byte) || "+-.".utf8.contains(byte)
            }
    }
}
