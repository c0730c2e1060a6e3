#if Transport
import HTTPTypes
import MeshCore
import MeshHTTP
import MeshTransport
import Synchronization

/// Calls of every kind, and what became of them.
final class Load: Sendable {
    private struct Counts {
        var outcomes: [String: Int] = [:]
        var longest = Duration.zero
        var longestKind = 0
    }

    /// What a call may be, by its number.
    private static let kinds =
        Array(repeating: "a small response", count: 4) + [
            "a large response", "a dropped response", "an upload of known length", "an upload in chunks",
            "a cancelled call", "a call that times out",
        ]

    private let transport: NativeTransport
    private let endpoints: [Endpoint]
    private let counts = Mutex(Counts())

    init(on transport: NativeTransport, to endpoints: [Endpoint]) {
        self.transport = transport
        self.endpoints = endpoints
    }

    var longest: Duration { counts.withLock { $0.longest } }
    var successes: Int { counts.withLock { $0.outcomes["ok"] ?? 0 } }

    var report: String {
        let counts = counts.withLock { $0 }
        let lines = counts.outcomes.sorted { $0.value > $1.value }.map { "  \($0.key): \($0.value)" }
        let longest = "\(counts.longest), \(Self.kinds[counts.longestKind])"
        return (["calls (the longest took \(longest)):"] + lines).joined(separator: "\n")
    }

    func run(_ number: Int, until end: ContinuousClock.Instant) async {
        var random = SplitMix64(seed: UInt64(number) &+ 1)
        while ContinuousClock.now < end {
            let began = ContinuousClock.now
            let kind = Int.random(in: 0..<Self.kinds.count, using: &random)
            let outcome = await call(kind, using: &random)
            let duration = ContinuousClock.now - began
            counts.withLock { counts in
                counts.outcomes[outcome, default: 0] += 1
                if duration > counts.longest { (counts.longest, counts.longestKind) = (duration, kind) }
            }
        }
    }

    private func call(_ kind: Int, using random: inout SplitMix64) async -> String {
        let endpoint = endpoints.randomElement(using: &random) ?? endpoints[0]
        do {
            switch kind {
            case 0...3:
                _ = try await send(.get, "/small", to: endpoint).body.collect(upTo: 1 << 20)
            case 4:
                _ = try await send(.get, "/large", to: endpoint).body.collect(upTo: 1 << 20)
            case 5:
                try await send(.get, "/large", to: endpoint).discard()
                return "dropped"
            case 6, 7:
                let chunks = Int.random(in: 0...64, using: &random)
                let body = HTTPBody(stream: Chunks(count: chunks), length: kind == 6 ? Int64(chunks * 4096) : nil)
                _ = try await send(.post, "/", body, to: endpoint).body.collect(upTo: 1 << 20)
            case 8:
                let call = Task { try await send(.get, "/large", to: endpoint).body.collect(upTo: 1 << 20) }
                try await Task.sleep(for: .microseconds(Int.random(in: 0...2000, using: &random)))
                call.cancel()
                _ = try await call.value
            default:
                let signal = CancellationSignal()
                let call = Task { try await send(.get, "/never", to: endpoint, signal) }
                try await Task.sleep(for: .microseconds(Int.random(in: 0...2000, using: &random)))
                signal.cancel(.attemptTimedOut)
                _ = try await call.value
            }
            return "ok"
        } catch let error as TransportError {
            // An endpoint that is down refuses thousands of calls a second.
            if error.kind == .connectionFailed { try? await Task.sleep(for: .milliseconds(5)) }
            return error.kind.rawValue
        } catch {
            return "\(error)"
        }
    }

    private func send(
        _ method: HTTPRequest.Method,
        _ path: String,
        _ body: HTTPBody = .empty,
        to endpoint: Endpoint,
        _ signal: CancellationSignal? = nil
    ) async throws -> HTTPCallResponse {
        var context = CallContext(service: "soak", startedAt: MeshClock.continuous.now)
        context.cancellation = signal
        let head = HTTPRequest(method: method, scheme: nil, authority: nil, path: path)
        return try await transport.send(HTTPCallRequest(head, body: body), to: endpoint, context: context)
    }
}

private struct Chunks: AsyncSequence, Sendable {
    let count: Int

    struct AsyncIterator: AsyncIteratorProtocol {
        var left: Int

        mutating func next() async throws -> ArraySlice<UInt8>? {
            guard left > 0 else { return nil }
            left -= 1
            return Array(repeating: 0x61, count: 4096)[...]
        }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(left: count) }
}
#endif
