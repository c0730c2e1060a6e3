/// Which way a question goes to a name server.
public enum DNSTransport: Hashable, Sendable {
    /// One datagram each way.
    case udp
    /// A connection; each message has its length in front (RFC 1035 4.2.2).
    case tcp
}

/// Carries one query to one name server and brings back the reply.
///
/// `SocketExchange` does it with sockets; a test does it with a script. Everything else about a question (time-outs, other
/// servers, TCP after a truncated reply) is decided above.
public protocol DNSExchange: Sendable {
    /// Sends `query` and returns the first reply that `isReply` accepts.
    ///
    /// Over UDP, replies that are not accepted, or come from another address than `server`, are ignored: anyone can send
    /// them. There is no time limit here: the caller cancels. Whatever was opened is closed before this method returns.
    ///
    /// - Throws: ``DNSError`` if the server cannot be reached; `CancellationError` when the task is cancelled.
    func reply(
        to query: [UInt8],
        from server: DNSServer,
        over transport: DNSTransport,
        accepting isReply: @escaping @Sendable ([UInt8]) -> Bool
    ) async throws -> [UInt8]
}
