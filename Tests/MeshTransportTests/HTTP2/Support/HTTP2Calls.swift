#if Transport
import HTTPTypes
import MeshCore
import MeshHTTP
import MeshTransport
import NIOHTTP2
import Testing

/// Runs `body` with a transport of HTTP/2 and a server that follows a script; both are closed afterwards, whatever happens.
func withHTTP2<Result>(
    _ script: FrameServer.Script,
    configuration change: (inout NativeTransport.Configuration) -> Void = { _ in },
    _ body: (NativeTransport, FrameServer) async throws -> Result
) async throws -> Result {
    let server = try await FrameServer.start(script)
    // Patient, because a test machine may have better things to do than to accept a connection.
    var configuration = NativeTransport.Configuration(protocols: .http2, connectTimeout: .seconds(20))
    change(&configuration)
    let transport = NativeTransport(configuration)
    do {
        let result = try await body(transport, server)
        await transport.shutdown()
        try await server.close()
        return result
    } catch {
        await transport.shutdown()
        try await server.close()
        throw error
    }
}

/// Runs `body` with a server that does `step` with everything it receives.
func withHTTP2<Result>(
    configuration change: (inout NativeTransport.Configuration) -> Void = { _ in },
    step: @escaping @Sendable (FrameServer.Received, Peer) -> Void,
    _ body: (NativeTransport, FrameServer) async throws -> Result
) async throws -> Result {
    try await withHTTP2(FrameServer.Script(step: step), configuration: change, body)
}

extension NativeTransport {
    func send(
        _ method: HTTPRequest.Method = .get,
        _ path: String = "/",
        fields: HTTPFields = [:],
        body: HTTPBody = .empty,
        to server: FrameServer,
        signal: CancellationSignal? = nil
    ) async throws -> HTTPCallResponse {
        try await send(method, path, fields: fields, body: body, to: server.endpoint, signal: signal)
    }

    func send(
        _ method: HTTPRequest.Method = .get,
        _ path: String = "/",
        fields: HTTPFields = [:],
        body: HTTPBody = .empty,
        to endpoint: Endpoint,
        signal: CancellationSignal? = nil
    ) async throws -> HTTPCallResponse {
        var context = CallContext(service: "users", startedAt: MeshClock.continuous.now)
        context.cancellation = signal
        let head = HTTPRequest(method: method, scheme: nil, authority: "users.prod", path: path, headerFields: fields)
        return try await send(HTTPCallRequest(head, body: body), to: endpoint, context: context)
    }
}

extension HTTPCallResponse {
    /// The body as text, read to its end.
    func text() async throws -> String {
        String(decoding: try await body.collect(upTo: 64 << 20), as: UTF8.self)
    }
}

/// Expects what took its time to be what it should be.
func expectEqual<Value: Equatable>(
    _ actual: Value,
    _ expected: Value,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    #expect(actual == expected, sourceLocation: sourceLocation)
}

extension FrameServer.Received {
    /// The number of the stream, if a request begins.
    var request: Int? {
        guard case .headers(let stream, let fields, _) = self, fields.contains(where: { $0.name == ":method" }) else {
            return nil
        }
        return stream
    }

    /// The path, if a request begins.
    var path: String? {
        guard case .headers(_, let fields, _) = self else { return nil }
        return fields.first { $0.name == ":path" }?.value
    }

    /// The number of the stream, if a request ends.
    var end: Int? {
        switch self {
        case .headers(let stream, _, isLast: true), .data(let stream, _, isLast: true): stream
        default: nil
        }
    }
}

extension Peer {
    /// The plainest response.
    func ok(_ stream: Int, _ text: String = "ok") {
        headers(stream, [(":status", "200")])
        data(stream, text, isLast: true)
    }
}
#endif
