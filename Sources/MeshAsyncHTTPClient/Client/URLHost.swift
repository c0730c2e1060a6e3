/// Finds the host in a URL without parsing the rest of it: once for each call, on the way to the service.
enum URLHost {
    /// The host in lower case, without user, port or brackets; `nil` if there is none.
    static func find(in url: String) -> String? {
        let bytes = url.utf8
        guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")), isScheme(bytes[..<colon]) else { return nil }
        let rest = url[bytes.index(after: colon)...]
        guard rest.utf8.starts(with: "//".utf8) else { return nil }
        let behind = rest[rest.utf8.index(rest.startIndex, offsetBy: 2)...]
        guard let (host, _) = split(authority(of: behind)) else { return nil }
        return host.utf8.contains { (0x41...0x5A).contains($0) } ? host.lowercased() : String(host)
    }

    /// The authority that `rest` begins with, which is what stands behind `//`; without the user.
    static func authority(of rest: Substring) -> Substring {
        let end = rest.utf8.firstIndex { $0 == 0x2F || $0 == 0x3F || $0 == 0x23 } ?? rest.endIndex
        let authority = rest[..<end]
        guard let at = authority.utf8.lastIndex(of: UInt8(ascii: "@")) else { return authority }
        return authority[authority.utf8.index(after: at)...]
    }

    /// The host of an authority, without brackets, and what follows it: nothing, or a colon and a port as a rule. `nil` if
    /// there is no host.
    static func split(_ authority: Substring) -> (host: Substring, rest: Substring)? {
        let bytes = authority.utf8
        let host: Substring
        let rest: Substring
        if bytes.first == UInt8(ascii: "[") {
            guard let close = bytes.firstIndex(of: UInt8(ascii: "]")) else { return nil }
            host = authority[bytes.index(after: bytes.startIndex)..<close]
            rest = authority[bytes.index(after: close)...]
        } else {
            let colon = bytes.firstIndex(of: UInt8(ascii: ":")) ?? bytes.endIndex
            host = authority[..<colon]
            rest = authority[colon...]
        }
        return host.isEmpty ? nil : (host, rest)
    }

    private static func isScheme(_ bytes: Substring.UTF8View) -> Bool {
        !bytes.isEmpty
            && bytes.allSatisfy { byte in
                (0x61...0x7A).contains(byte | 0x20) || (0x30...0x39).contains(byte) || "+-.".utf8.contains(byte)
            }
    }
}
