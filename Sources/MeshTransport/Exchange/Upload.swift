#if Transport
import MeshHTTP
import NIOCore

/// Sends a streaming request body as fast as the endpoint takes it: the next piece is read when the last one has left.
///
/// Reads the source in a task of its own; everything else happens on the event loop of the exchange,
/// which is why it may be `Sendable` unchecked.
final class Upload: @unchecked Sendable {
    private let body: HTTPBody
    private let length: Int64?
    private let exchange: Exchange
    private var task: Task<Void, Never>?

    init(of body: HTTPBody, length: Int64?, for exchange: Exchange) {
        self.body = body
        self.length = length
        self.exchange = exchange
    }

    func start() {
        task = Task { await run() }
    }

    func cancel() {
        task?.cancel()
        task = nil
    }

    private func run() async {
        do {
            var sent: Int64 = 0
            for try await chunk in body {
                sent += Int64(chunk.count)
                if let length, sent > length { throw BodyLengthError(declared: length, isTooLong: true) }
                do {
                    try await send(ByteBuffer(bytes: chunk))
                } catch {
                    // The exchange has ended; nobody waits for the body.
                    return
                }
            }
            if let length, sent < length { throw BodyLengthError(declared: length, isTooLong: false) }
            var trailers: OutgoingTrailers?
            if let source = body.trailers { trailers = try OutgoingTrailers(try await source()) }
            exchange.lane.perform { [trailers] in self.exchange.finishBody(trailers) }
        } catch {
            exchange.lane.perform { self.exchange.failBody(error) }
        }
    }

    private func send(_ bytes: ByteBuffer) async throws {
        let promise = exchange.lane.loop.makePromise(of: Void.self)
        exchange.lane.perform { self.exchange.send(bytes, promise: promise) }
        try await promise.futureResult.get()
    }
}

/// The body of a request has another length than it said.
struct BodyLengthError: Error, CustomStringConvertible {
    let declared: Int64
    let isTooLong: Bool

    var description: String { "the body is \(isTooLong ? "longer" : "shorter") than its \(declared) bytes" }
}
#endif
