import MeshCore
import Synchronization

@testable public import MeshDNS

/// Name servers in memory: what each question gets is up to the script, and who asked what is kept.
final class ScriptedExchange: DNSExchange {
    enum Reply: Sendable {
        case message(@Sendable (inout DNSMessage) -> Void)
        case bytes(@Sendable (DNSMessage) -> [UInt8])
        case error(DNSError)
        case silence
    }

    struct Asked: Hashable, Sendable, CustomStringConvertible {
        var question: DNSQuestion
        var server: DNSServer
        var transport: DNSTransport
        var extensions: DNSQuery.Extensions

        var description: String { "\(question) \(server.address) \(transport)" }
    }

    typealias Script = @Sendable (Asked) -> Reply

    private struct State {
        var script: Script
        var asked: [Asked] = []
        var waiting = 0
    }

    private let state: Mutex<State>

    init(_ script: @escaping Script = { _ in .silence }) {
        state = Mutex(State(script: script))
    }

    func script(_ script: @escaping Script) {
        state.withLock { $0.script = script }
    }

    /// Every question so far, oldest first.
    var asked: [Asked] { state.withLock { $0.asked } }

    /// Exchanges that have not ended.
    var waiting: Int { state.withLock { $0.waiting } }

    func reply(
        to query: [UInt8],
        from server: DNSServer,
        over transport: DNSTransport,
        accepting isReply: @escaping @Sendable ([UInt8]) -> Bool
    ) async throws -> [UInt8] {
        let message = try DNSMessage(decoding: query)
        let asked = Asked(
            question: message.questions[0],
            server: server,
            transport: transport,
            extensions: message.additionals.isEmpty ? .none : .edns
        )
        let script = state.withLock { state in
            state.asked.append(asked)
            state.waiting += 1
            return state.script
        }
        defer { state.withLock { $0.waiting -= 1 } }
        switch script(asked) {
        case .message(let edit):
            var reply = DNSMessage(
                id: message.id,
                flags: [.response, .recursionDesired, .recursionAvailable],
                questions: message.questions
            )
            edit(&reply)
            let bytes = reply.encoded()
            if isReply(bytes) { return bytes }
        case .bytes(let make):
            let bytes = make(message)
            if isReply(bytes) { return bytes }
        case .error(let error):
            throw error
        case .silence:
            break
        }
        try await Task.sleep(for: .seconds(3600))
        throw CancellationError()
    }
}

extension ScriptedExchange.Reply {
    static func records(_ records: DNSRecord..., additionals: [DNSRecord] = []) -> Self {
        .message {
            $0.answers = records
            $0.additionals = additionals
        }
    }

    static func code(_ code: DNSResponseCode) -> Self {
        .message { $0.responseCode = code }
    }

    static func no(_ code: DNSResponseCode = .noError, ttl: UInt32 = 5) -> Self {
        .message {
            $0.responseCode = code
            $0.authorities = [DNSRecord("test", ttl: ttl, .authority(negativeTTL: ttl))]
        }
    }
}

extension DNSName: ExpressibleByStringLiteral {
    /// Reads a literal that is known to be right.
    public init(stringLiteral text: StaticString) {
        do {
            try self.init("\(text)")
        } catch {
            preconditionFailure("\(error)")
        }
    }
}

extension DNSRecord {
    static func address(_ name: DNSName, _ address: String, ttl: UInt32 = 30) -> DNSRecord {
        DNSRecord(name, ttl: ttl, .address(IPAddress(address)!))
    }

    static func alias(_ name: DNSName, _ target: DNSName, ttl: UInt32 = 30) -> DNSRecord {
        DNSRecord(name, ttl: ttl, .alias(target))
    }

    static func service(
        _ name: DNSName,
        _ priority: UInt16,
        _ weight: UInt16,
        _ port: UInt16,
        _ target: DNSName,
        ttl: UInt32 = 30
    ) -> DNSRecord {
        DNSRecord(
            name,
            ttl: ttl,
            .service(DNSService(priority: priority, weight: weight, port: port, target: target))
        )
    }
}
