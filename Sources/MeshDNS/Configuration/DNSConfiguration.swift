import MeshCore

/// Which name servers to ask, how patiently, and what short names stand for: the content of `/etc/resolv.conf`.
public struct DNSConfiguration: Hashable, Sendable {
    /// Where a question begins.
    public enum Rotation: Hashable, Sendable {
        /// Always at the first server.
        case none
        /// Each question one server further (`options rotate`).
        case everyQuestion
    }

    /// The name servers in the order in which they are asked.
    public var servers: [DNSServer]
    /// The domains that are tried behind a short name, in order.
    public var searchDomains: [DNSName]
    /// A name with at least this many dots is tried as it is first, one with fewer behind the search domains first
    /// (`ndots`). 1 by default; Kubernetes sets 5.
    public var dotThreshold: Int
    /// How long to wait for one reply of one server (`timeout`).
    ///
    /// 2 s by default, as in c-ares since 1.20, and not the 5 s of glibc: the next server waits behind it.
    public var timeout: Duration
    /// How often all servers are asked before the question fails (`attempts`). 2 by default.
    public var attempts: Int
    /// Where a question begins (`rotate`).
    public var rotation: Rotation

    /// Creates a configuration.
    ///
    /// - Precondition: The threshold is not negative, the time-out is positive, there is at least one attempt.
    public init(
        servers: [DNSServer],
        searchDomains: [DNSName] = [],
        dotThreshold: Int = 1,
        timeout: Duration = .seconds(2),
        attempts: Int = 2,
        rotation: Rotation = .none
    ) {
        precondition(dotThreshold >= 0, "the number of dots must not be negative")
        precondition(timeout > .zero, "the time-out of a DNS question must be positive")
        precondition(attempts > 0, "a DNS question needs at least one attempt")
        self.servers = servers
        self.searchDomains = searchDomains
        self.dotThreshold = dotThreshold
        self.timeout = timeout
        self.attempts = attempts
        self.rotation = rotation
    }

    /// Reads the text of a `resolv.conf(5)`.
    ///
    /// As in glibc, what cannot be read is skipped, so that a line for another program does not take discovery down;
    /// only the first three servers count; the last of `search` and `domain` counts; `ndots` is at most 15, `timeout` 30
    /// and `attempts` 5; without a server the local machine is asked.
    public init(resolvConf text: String) {
        self.init(servers: [])
        for line in text.split(whereSeparator: \.isNewline) {
            let words = line.prefix { $0 != "#" && $0 != ";" }.split(whereSeparator: \.isWhitespace)
            switch words.first {
            case "nameserver":
                if words.count > 1, servers.count < 3, let address = IPAddress(words[1]) {
                    servers.append(DNSServer(address))
                }
            case "search":
                searchDomains = words.dropFirst().compactMap { try? DNSName($0) }.filter { !$0.isRoot }
            case "domain":
                searchDomains = words.dropFirst().prefix(1).compactMap { try? DNSName($0) }.filter { !$0.isRoot }
            case "options":
                for option in words.dropFirst() { apply(option) }
            default:
                break
            }
        }
        if servers.isEmpty { servers = [DNSServer(.v4(0x7F00_0001))] }
    }

    private mutating func apply(_ option: Substring) {
        let parts = option.split(separator: ":", maxSplits: 1)
        guard parts.count == 2 else {
            if option == "rotate" { rotation = .everyQuestion }
            return
        }
        guard let value = Int(parts[1]), value >= 0 else { return }
        switch parts[0] {
        case "ndots": dotThreshold = min(value, 15)
        case "timeout": timeout = .seconds(min(max(value, 1), 30))
        case "attempts": attempts = min(max(value, 1), 5)
        default: break
        }
    }

    /// The complete names that `name` may stand for, in the order in which to ask for them.
    ///
    /// The first that exists counts. A name with a dot at the end is complete already. Each name is listed once.
    ///
    /// - Throws: ``DNSError/invalidName(_:reason:)``.
    public func candidates(for name: some StringProtocol) throws(DNSError) -> [DNSName] {
        let literal = try DNSName(name)
        guard !name.hasSuffix("."), !literal.isRoot else { return [literal] }
        let searched = searchDomains.compactMap { literal.appending($0) }
        let dots = literal.labels.count - 1
        var seen: Set<DNSName> = []
        return (dots >= dotThreshold ? [literal] + searched : searched + [literal]).filter { seen.insert($0).inserted }
    }
}
