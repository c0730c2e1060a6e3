/// One question as it goes out, and how to know its reply.
struct DNSQuery: Hashable, Sendable {
    enum Extensions: Hashable, Sendable {
        /// EDNS: takes replies of up to 1232 octets, which no path fragments (DNS Flag Day 2020).
        case edns
        /// As in 1987: 512 octets. For servers that answer FORMERR to EDNS.
        case none
    }

    static let payloadSize: UInt16 = 1232

    let question: DNSQuestion
    let id: UInt16
    let extensions: Extensions

    /// The encoded message.
    var bytes: [UInt8] {
        var message = DNSMessage(id: id, flags: .recursionDesired, questions: [question])
        if extensions == .edns {
            message.additionals = [
                DNSRecord(.root, ttl: 0, .options(payloadSize: Self.payloadSize, extendedCode: 0))
            ]
        }
        return message.encoded()
    }

    /// Whether `bytes` are a reply to this very query (RFC 5452 section 9): a standard response with its id and question.
    ///
    /// A server that could not read or did not want the question may leave it out.
    func accepts(_ bytes: [UInt8]) -> Bool {
        guard let head = try? DNSMessage(decodingHeadOf: bytes), head.id == id,
            head.flags.contains(.response), head.flags.isDisjoint(with: .opcode)
        else { return false }
        if head.questions.isEmpty {
            return [.formatError, .notImplemented, .refused, .serverFailure].contains(head.responseCode)
        }
        return head.questions == [question]
    }
}
