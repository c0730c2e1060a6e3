#if AsyncHTTPClient
import AsyncHTTPClient
import NIOCore
import Synchronization

/// The usual client without a mesh: AsyncHTTPClient as it comes, and the addresses taken in turn.
final class RoundRobinGreeter: Greeter {
    let name = "baseline"
    private let client = HTTPClient(eventLoopGroupProvider: .singleton)
    private let urls: [String]
    private let turn = Atomic(0)

    init(endpoints: [String]) {
        urls = endpoints.map { "http://\($0)/hello" }
    }

    func hello() async throws -> HTTPClientResponse {
        let url = urls[turn.wrappingAdd(1, ordering: .relaxed).oldValue % urls.count]
        return try await client.execute(HTTPClientRequest(url: url), timeout: TimeAmount(patience))
    }

    func shutdown() async throws {
        try await client.shutdown()
    }
}
#endif
