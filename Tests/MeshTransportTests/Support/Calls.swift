#if Transport
import HTTPTypes
import MeshCore
import MeshHTTP
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import MeshTransport

extension NativeTransport {
    func call(
        _ method: HTTPRequest.Method = .get,
        _ path: String = "/",
        _ fields: HTTPFields = [:],
        body: HTTPBody = .empty,
        to endpoint: Endpoint,
        signal: CancellationSignal? = nil
    ) async throws -> HTTPCallResponse {
        let head = HTTPRequest(method: method, scheme: nil, authority: nil, path: path, headerFields: fields)
        var context = CallContext(service: "users", startedAt: MeshClock.continuous.now)
        context.cancellation = signal
        return try await send(HTTPCallRequest(head, body: body), to: endpoint, context: context)
    }

    /// Sends a request and reads the response to its end.
    func text(
        _ method: HTTPRequest.Method = .get,
        _ path: String = "/",
        _ fields: HTTPFields = [:],
        body: HTTPBody = .empty,
        from endpoint: Endpoint
    ) async throws -> String {
        let response = try await call(method, path, fields, body: body, to: endpoint)
        return String(decoding: try await response.body.collect(upTo: 1 << 28), as: UTF8.self)
    }
}

extension NativeTransport {
    /// Sends a request and expects the plainest response.
    func expectOK(
        _ method: HTTPRequest.Method = .get,
        _ path: String = "/",
        _ fields: HTTPFields = [:],
        body: HTTPBody = .empty,
        from endpoint: Endpoint,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let text = try await text(method, path, fields, body: body, from: endpoint)
        #expect(text == "ok", sourceLocation: sourceLocation)
    }
}

extension NativeTransport.Configuration {
    /// Patient, because a test machine may have better things to do than to accept a connection.
    static func test(_ change: (inout Self) -> Void = { _ in }) -> Self {
        var configuration = Self(connectTimeout: .seconds(30), waitTimeout: .seconds(30))
        change(&configuration)
        return configuration
    }

    /// On one event loop, where every call sees every connection.
    static func single(_ change: (inout Self) -> Void = { _ in }) -> Self {
        test {
            $0.eventLoopGroup = MultiThreadedEventLoopGroup.singleton.next()
            change(&$0)
        }
    }
}

/// Runs `body` with a transport that is shut down afterwards, and must have nothing left.
func withTransport(
    _ configuration: NativeTransport.Configuration = .single(),
    sourceLocation: SourceLocation = #_sourceLocation,
    _ body: (NativeTransport) async throws -> Void
) async throws {
    let transport = NativeTransport(configuration)
    let result: Result<Void, any Error>
    do { result = .success(try await body(transport)) } catch { result = .failure(error) }
    await transport.shutdown()
    #expect(await transport.connectionCount == 0, sourceLocation: sourceLocation)
    try result.get()
}

/// The error that `body` throws, as the transport's own.
func transportError(_ body: () async throws -> Void) async throws -> TransportError {
    do {
        try await body()
    } catch let error as TransportError {
        return error
    }
    throw NoError()
}

struct NoError: Error {}

/// Chunks that are produced one by one, when they are asked for.
struct Chunks: AsyncSequence, Sendable {
    final class Count: Sendable {
        private let value = Atomic(0)
        var produced: Int { value.load(ordering: .relaxed) }
        func add() { value.wrappingAdd(1, ordering: .relaxed) }
    }

    let count: Int
    var size = 1
    var error: (any Error)?
    let progress = Count()

    struct AsyncIterator: AsyncIteratorProtocol {
        let chunks: Chunks
        var index = 0

        mutating func next() async throws -> ArraySlice<UInt8>? {
            try Task.checkCancellation()
            guard index < chunks.count else {
                if let error = chunks.error { throw error }
                return nil
            }
            defer { index += 1 }
            chunks.progress.add()
            return Array(repeating: UInt8(ascii: "a") + UInt8(index % 26), count: chunks.size)[...]
        }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(chunks: self) }
}
#endif
