#if AsyncHTTPClient
import AsyncHTTPClient
import MeshCore
import MeshHTTP
import NIOCore
import NIOHTTP1
import Synchronization
import Testing

@testable import MeshAsyncHTTPClient

extension RawServer {
    /// The server as an endpoint, at one of the many addresses of the loopback interface.
    func endpoint(_ host: UInt32 = 1, identity: ExpectedIdentity? = nil) -> Endpoint {
        Endpoint(.ip(.v4(0x7F00_0000 + host), port: port), expectedIdentity: identity)
    }
}

extension AsyncHTTPClientTransport {
    func send(
        _ message: HTTPClientRequest = HTTPClientRequest(url: "http://users/"),
        to endpoint: Endpoint,
        signal: CancellationSignal? = nil
    ) async throws -> AsyncHTTPClientResponse {
        try await send(AsyncHTTPClientRequest(message), to: endpoint, context: .test(signal))
    }

    /// Sends a request and reads the response to its end.
    func text(
        _ message: HTTPClientRequest = HTTPClientRequest(url: "http://users/"),
        from endpoint: Endpoint
    ) async throws -> String {
        String(buffer: try await send(message, to: endpoint).message.body.collect(upTo: 1 << 20))
    }

    /// Sends a request and expects the plainest response of a raw server.
    func expectOK(
        _ message: HTTPClientRequest = HTTPClientRequest(url: "http://users/"),
        from endpoint: Endpoint,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let text = try await text(message, from: endpoint)
        #expect(text == "ok", sourceLocation: sourceLocation)
    }
}

extension CallContext {
    static func test(_ signal: CancellationSignal? = nil) -> CallContext {
        var context = CallContext(service: "users", startedAt: MeshClock.continuous.now)
        context.cancellation = signal
        return context
    }
}

extension AsyncHTTPClientTransport.Configuration {
    /// Patient, because a test machine may have better things to do than to accept a connection.
    static func test(_ base: HTTPClient.Configuration = .init(), responseBufferSize: Int = 65_536) -> Self {
        Self(base: base, connectTimeout: .seconds(30), responseBufferSize: responseBufferSize)
    }
}

/// Runs `body` with a transport that is shut down afterwards, whatever happens.
func withTransport<Result>(
    _ configuration: AsyncHTTPClientTransport.Configuration = .test(),
    _ body: (AsyncHTTPClientTransport) async throws -> Result
) async throws -> Result {
    let transport = AsyncHTTPClientTransport(configuration)
    do {
        let result = try await body(transport)
        await transport.shutdown()
        #expect(transport.openClientCount == 0, "clients are left open")
        return result
    } catch {
        await transport.shutdown()
        throw error
    }
}

/// The error that `body` throws, as the transport's own.
func transportError(
    sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () async throws -> Void
) async throws -> AsyncHTTPClientTransportError {
    do {
        try await body()
    } catch let error as AsyncHTTPClientTransportError {
        return error
    }
    throw NoError()
}

struct NoError: Error {}

/// Records how responses ended.
final class Ends: Sendable {
    private let ends = Mutex<[ResponseEnd]>([])

    var record: @Sendable (ResponseEnd) -> Void {
        { end in self.ends.withLock { $0.append(end) } }
    }

    var all: [String] {
        ends.withLock { ends in
            ends.map {
                switch $0 {
                case .complete: "complete"
                case .failed: "failed"
                case .dropped: "dropped"
                }
            }
        }
    }
}
#endif
