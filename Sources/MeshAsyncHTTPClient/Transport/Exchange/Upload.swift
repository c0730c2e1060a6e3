#if AsyncHTTPClient
import AsyncHTTPClient
import MeshHTTP
import NIOCore
import Synchronization

/// Sends a streaming request body, as fast as the server takes it.
///
/// Reads the source in a task of its own, because AsyncHTTPClient asks for the body from an event loop. A source whose
/// length is known is not asked for more than that.
final class Upload: Sendable {
    private enum State {
        case idle
        case running(Task<Void, Never>)
        case over
    }

    private let makeNext: @Sendable () throws -> () async throws -> ByteBuffer?
    private let state = Mutex(State.idle)

    init(_ makeNext: @escaping @Sendable () throws -> () async throws -> ByteBuffer?) {
        self.makeNext = makeNext
    }

    func body(length: Int64?) -> HTTPClient.Body {
        .stream(contentLength: length) { writer in
            // An empty write tells the event loop, which is not given otherwise.
            writer.write(.byteBuffer(ByteBuffer())).flatMapWithEventLoop { _, eventLoop in
                self.start(writer, length, eventLoop)
            }
        }
    }

    func cancel() {
        let task: Task<Void, Never>? = state.withLock { state in
            defer { state = .over }
            if case .running(let task) = state { return task }
            return nil
        }
        task?.cancel()
    }

    private func start(
        _ writer: HTTPClient.Body.StreamWriter,
        _ length: Int64?,
        _ eventLoop: any EventLoop
    ) -> EventLoopFuture<Void> {
        let promise = eventLoop.makePromise(of: Void.self)
        let isOver = state.withLock { state in
            guard case .idle = state else { return true }
            state = .running(Task { await self.run(writer, length, promise) })
            return false
        }
        if isOver { promise.fail(CancellationError()) }
        return promise.futureResult
    }

    private func run(
        _ writer: HTTPClient.Body.StreamWriter,
        _ length: Int64?,
        _ end: EventLoopPromise<Void>
    ) async {
        var missing = length
        do {
            let next = try makeNext()
            while let chunk = try await next() {
                if chunk.readableBytes == 0 { continue }
                missing = missing.map { $0 - Int64(chunk.readableBytes) }
                let written = writer.write(.byteBuffer(chunk))
                if missing == 0 {
                    // The end in the same turn of the event loop as the last byte, upon which the server may answer:
                    // AsyncHTTPClient loses connections on which the response ends before the request.
                    written.cascade(to: end)
                    return
                }
                do {
                    try await written.get()
                } catch {
                    end.fail(error)
                    return
                }
            }
            end.succeed(())
        } catch {
            end.fail(RequestBodyError(underlying: error))
        }
    }
}

/// The body of a request could not be read from its source: the caller's own failure.
struct RequestBodyError: Error, CustomStringConvertible {
    let underlying: any Error

    var description: String { "the body of the request failed: \(underlying)" }
}
#endif
