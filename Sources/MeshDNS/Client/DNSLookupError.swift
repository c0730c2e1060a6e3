/// No name server answered a question: which were asked, in order, and what came of each try.
public struct DNSLookupError: Error, Hashable, Sendable {
    /// A try that failed.
    public struct FailedTry: Hashable, Sendable, CustomStringConvertible {
        /// Who was asked.
        public let server: DNSServer
        /// What came of it.
        public let error: DNSError

        /// Creates the record of a failed try.
        public init(server: DNSServer, error: DNSError) {
            self.server = server
            self.error = error
        }

        /// The server and the error.
        public var description: String { "\(server): \(error)" }
    }

    /// What was asked.
    public let question: DNSQuestion
    /// The tries, oldest first: at most servers times attempts, per name of the alias chain.
    public let tries: [FailedTry]

    /// Creates an error.
    public init(question: DNSQuestion, tries: [FailedTry]) {
        self.question = question
        self.tries = tries
    }
}

extension DNSLookupError: CustomStringConvertible {
    /// The question and what each server said last.
    public var description: String { "\(question): \(reason)" }

    /// What each server said last, in the order in which they were asked first.
    var reason: String {
        var order: [DNSServer] = []
        var last: [DNSServer: DNSError] = [:]
        for failed in tries {
            if last.updateValue(failed.error, forKey: failed.server) == nil { order.append(failed.server) }
        }
        guard !order.isEmpty else { return "there is no name server to ask" }
        return order.map { "\($0): \(last[$0].map { "\($0)" } ?? "")" }.joined(separator: "; ")
    }
}
