#if AsyncHTTPClient
import AsyncHTTPClient
import NIOCore
import NIOHTTP1

/// AsyncHTTPClient against the one endpoint, nothing around it.
struct BareAsyncHTTPClient: BenchmarkClient {
    private let client: HTTPClient
    private let url: String

    init(_ load: Load) {
        var configuration = HTTPClient.Configuration()
        // Beyond this limit, 8 by default, AsyncHTTPClient queues.
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = max(8, load.inFlight)
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        url = "http://\(load.backend)/"
    }

    func get() async throws {
        let response = try await client.execute(HTTPClientRequest(url: url), timeout: .seconds(10))
        _ = try await response.body.collect(upTo: 1 << 20)
        guard response.status == .ok else { throw UnexpectedStatus(code: response.status.code) }
    }

    func shutdown() async throws {
        try await client.shutdown()
    }
}
#endif
