#if AsyncHTTPClient && Transport
import AsyncHTTPClient
import NIOCore

/// AsyncHTTPClient with idle connections, which it opens one after the other once the first call has been made.
struct PrewarmedAsyncHTTPClient: ConnectionHolder {
    private let client: HTTPClient
    private let url: String

    init(_ load: Load) {
        var configuration = HTTPClient.Configuration()
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = load.inFlight
        // How many is part of its configuration, and so is what the load allows.
        configuration.connectionPool.preWarmedHTTP1ConnectionCount = load.inFlight
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        url = "http://\(load.addresses[0])\(load.path)"
    }

    func openConnections(_ count: Int) async throws {
        let response = try await client.execute(HTTPClientRequest(url: url), timeout: .seconds(10))
        _ = try await response.body.collect(upTo: 1 << 20)
    }

    func shutdown() async throws {
        try await client.shutdown()
    }
}
#endif
