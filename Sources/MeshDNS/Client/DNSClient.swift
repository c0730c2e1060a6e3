public import MeshCore
import Synchronization

/// A stub resolver: asks the configured name servers and remembers what they said.
///
/// Resolvers that share a client share its cache. A question is one short-lived socket; nothing stays open or goes on
/// running between questions.
///
/// Servers are asked one after the other, in the order of the configuration, except that those that lately did not
/// answer come last. No reply in time, an unreachable server, garbage, SERVFAIL, REFUSED and every other error code lead
/// to the next server; after the last, the round is repeated as often as `attempts` says. An answer that says "no such
/// name" or "no such records" is an answer and ends the search. A truncated reply is asked for again over TCP, and
/// FORMERR or NOTIMP once more without EDNS.
public final class DNSClient: Sendable {
    private struct State {
        var cache: DNSCache
        var order = ServerOrder()
        var files: DNSEnvironment.Files
    }

    /// Where servers and hosts come from.
    public let environment: DNSEnvironment
    /// Limits and intervals.
    public let policy: DNSPolicy
    /// What measures time-outs and lifetimes.
    public let clock: MeshClock
    private let exchange: any DNSExchange
    private let state: Mutex<State>

    /// Creates a client.
    ///
    /// - Parameters:
    ///   - environment: Where servers and hosts come from; by default the files of the machine.
    ///   - policy: Limits and intervals.
    ///   - exchange: What carries queries.
    ///   - clock: What measures time-outs and lifetimes.
    public init(
        _ environment: DNSEnvironment = .machine,
        policy: DNSPolicy = DNSPolicy(),
        exchange: any DNSExchange,
        clock: MeshClock = .continuous
    ) {
        self.environment = environment
        self.policy = policy
        self.exchange = exchange
        self.clock = clock
        state = Mutex(State(cache: DNSCache(capacity: policy.cacheCapacity), files: DNSEnvironment.Files()))
    }

    /// A client that asks other servers in the same way, with a cache of its own.
    public func asking(_ environment: DNSEnvironment) -> DNSClient {
        DNSClient(environment, policy: policy, exchange: exchange, clock: clock)
    }

    /// The configuration in force. Reads files again if they have changed.
    public var configuration: DNSConfiguration {
        state.withLock { environment.configuration(&$0.files) }
    }

    /// The hosts file in force. Reads it again if it has changed.
    public var hosts: HostsFile {
        state.withLock { environment.hosts(&$0.files) }
    }

    /// Finds the records of one type that a name has, following aliases.
    ///
    /// Takes at most servers times attempts times the time-out, twice that with truncated replies, for each of at most 16
    /// aliases that no single reply resolves.
    ///
    /// - Throws: ``DNSLookupError`` if no server answers; `CancellationError` when the task is cancelled.
    public func lookup(
        _ name: DNSName,
        _ type: DNSRecordType,
        _ freshness: Freshness = .unexpired
    ) async throws -> DNSAnswer {
        let question = DNSQuestion(name, type)
        let cached = state.withLock { $0.cache.answer(to: question, freshness, at: clock.now) }
        if let cached { return cached }

        var asked = question
        var visited: Set<DNSName> = [name]
        var ttl = UInt32.max
        while true {
            let (reading, server) = try await ask(asked)
            ttl = min(ttl, reading.ttl ?? .max)
            switch reading.result {
            case .alias(let target):
                guard visited.insert(target).inserted, visited.count <= ResponseReading.longestChain else {
                    let error = DNSError.brokenAliasChain("\(name) leads through too many names or back to itself")
                    throw DNSLookupError(question: question, tries: [.init(server: server, error: error)])
                }
                asked.name = target
            case .answer(let result):
                let answer = DNSAnswer(
                    question: question,
                    result: result,
                    additional: reading.additional,
                    server: server,
                    received: clock.now,
                    lifetime: reading.ttl == nil ? nil : policy.lifetime(of: result, ttl: ttl)
                )
                state.withLock { $0.cache.store(answer, at: answer.received) }
                return answer
            }
        }
    }
}

extension DNSClient {
    private func ask(_ question: DNSQuestion) async throws -> (ResponseReading, DNSServer) {
        var tries: [DNSLookupError.FailedTry] = []
        let (configuration, servers) = state.withLock { state in
            let configuration = environment.configuration(&state.files)
            return (configuration, state.order.servers(of: configuration, at: clock.now))
        }
        for _ in 0..<configuration.attempts {
            for server in servers {
                do {
                    let message = try await response(to: question, from: server, timeout: configuration.timeout)
                    state.withLock { $0.order.answered(server) }
                    return (try ResponseReading(message, to: question), server)
                } catch let error as DNSError {
                    try Task.checkCancellation()
                    if error.isFaultOfServer { state.withLock { $0.order.failed(server, at: clock.now) } }
                    tries.append(.init(server: server, error: error))
                }
            }
        }
        throw DNSLookupError(question: question, tries: tries)
    }

    private func response(
        to question: DNSQuestion,
        from server: DNSServer,
        timeout: Duration
    ) async throws -> DNSMessage {
        let message = try await response(to: question, .edns, from: server, timeout: timeout)
        // RFC 6891 section 7: a server that does not know EDNS says so with one of these.
        guard [.formatError, .notImplemented, .badVersion].contains(message.responseCode) else { return message }
        return try await response(to: question, .none, from: server, timeout: timeout)
    }

    private func response(
        to question: DNSQuestion,
        _ extensions: DNSQuery.Extensions,
        from server: DNSServer,
        timeout: Duration
    ) async throws -> DNSMessage {
        // Ids come from the system's generator, which cannot be predicted from outside: they are half of what keeps
        // forged replies out. The other half is the random source port of a fresh socket (RFC 5452).
        let query = DNSQuery(question: question, id: .random(in: .min ... .max), extensions: extensions)
        var reply = try await self.reply(to: query, from: server, over: .udp, timeout: timeout)
        if try DNSMessage(decodingHeadOf: reply).flags.contains(.truncated) {
            reply = try await self.reply(to: query, from: server, over: .tcp, timeout: timeout)
            if try DNSMessage(decodingHeadOf: reply).flags.contains(.truncated) { throw DNSError.truncated }
        }
        return try DNSMessage(decoding: reply)
    }

    private func reply(
        to query: DNSQuery,
        from server: DNSServer,
        over transport: DNSTransport,
        timeout: Duration
    ) async throws -> [UInt8] {
        let ignored = IgnoredReplies()
        return try await withThrowingTaskGroup(of: [UInt8]?.self) { [exchange, clock] group in
            defer { group.cancelAll() }
            group.addTask {
                do {
                    return try await exchange.reply(to: query.bytes, from: server, over: transport) { bytes in
                        let isReply = query.accepts(bytes)
                        if !isReply { ignored.count.add(1, ordering: .relaxed) }
                        return isReply
                    }
                } catch {
                    if error is CancellationError || error is DNSError { throw error }
                    throw DNSError.unreachable("\(error)")
                }
            }
            group.addTask {
                try await clock.sleep(for: timeout)
                return nil
            }
            guard let reply = try await group.next() ?? nil else {
                throw DNSError.timedOut(after: timeout, ignoredReplies: ignored.count.load(ordering: .relaxed))
            }
            return reply
        }
    }
}

private final class IgnoredReplies: Sendable {
    let count = Atomic(0)
}

extension DNSError {
    /// Whether the server itself is to blame. An error code may be due to the name alone.
    fileprivate var isFaultOfServer: Bool {
        switch self {
        case .timedOut, .unreachable, .malformed, .truncated: true
        case .responseCode, .notRecursive, .invalidName, .brokenAliasChain: false
        }
    }
}
