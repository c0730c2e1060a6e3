/// What one response says about a question: the answer, or under which name to go on asking.
struct ResponseReading: Hashable, Sendable {
    enum Result: Hashable, Sendable {
        case answer(DNSAnswer.Result)
        /// The name is an alias for this one, of which the response says nothing.
        case alias(DNSName)
    }

    /// Longest chain of aliases, over all responses. BIND and Unbound stop between 11 and 17.
    static let longestChain = 16

    let result: Result
    let additional: [DNSRecord]
    /// The lowest TTL of the records that count, in seconds; `nil` for a "no" without an SOA.
    let ttl: UInt32?
    /// Aliases followed.
    let links: Int

    /// Reads a response to `question`.
    ///
    /// - Throws: A ``DNSError`` if the response is no answer, so that another server must be asked.
    init(_ message: DNSMessage, to question: DNSQuestion) throws(DNSError) {
        guard [.noError, .noSuchName].contains(message.responseCode) else {
            throw .responseCode(message.responseCode)
        }
        var aliases: [DNSName: (target: DNSName, ttl: UInt32)] = [:]
        for record in message.answers {
            // Two aliases for one name are an error of the zone; the first counts.
            if case .alias(let target) = record.data, aliases[record.name] == nil {
                aliases[record.name] = (target, record.ttl)
            }
        }
        var name = question.name
        var ttl = UInt32.max
        var seen: Set<DNSName> = [name]
        while question.type != .cname, let alias = aliases[name] {
            name = alias.target
            ttl = min(ttl, alias.ttl)
            guard seen.insert(name).inserted else { throw .brokenAliasChain("\(name) leads back to itself") }
            guard seen.count <= Self.longestChain + 1 else {
                throw .brokenAliasChain("\(question.name) leads through more than \(Self.longestChain) names")
            }
        }
        links = seen.count - 1
        additional = message.additionals.filter { if case .address = $0.data { true } else { false } }

        let records = message.answers.filter { record in
            if case .other = record.data, question.type != record.type { return false }
            return record.name == name && record.type == question.type
        }
        if !records.isEmpty, message.responseCode == .noError {
            result = .answer(.records(records))
            self.ttl = records.reduce(ttl) { min($0, $1.ttl) }
            return
        }
        // RFC 2308: a "no" holds for the lower of the SOA's own TTL and its MINIMUM field.
        let authority = message.authorities.lazy.compactMap { record -> UInt32? in
            if case .authority(let negativeTTL) = record.data { min(record.ttl, negativeTTL) } else { nil }
        }.first
        let isAlias = authority == nil && links > 0 && message.responseCode == .noError
        self.ttl = isAlias ? ttl : authority.map { min($0, ttl) }
        if message.responseCode == .noSuchName {
            result = .answer(.noSuchName)
        } else if isAlias {
            result = .alias(name)
        } else {
            // Neither in charge, nor willing to ask, nor an SOA: a referral or a lame server, and not "no".
            // glibc's res_send goes on to the next server here, too.
            let isLame =
                message.flags.isDisjoint(with: [.authoritative, .recursionAvailable])
                || !message.flags.contains(.authoritative) && message.authorities.contains { $0.type == .ns }
            if authority == nil, isLame { throw .notRecursive }
            result = .answer(.noData)
        }
    }
}
