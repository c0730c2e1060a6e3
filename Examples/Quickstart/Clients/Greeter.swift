#if AsyncHTTPClient
import AsyncHTTPClient
import NIOHTTP1

/// A client of the greeter service: what the two contestants have in common.
protocol Greeter: Sendable {
    /// How the tables call this client; it also goes into the `user-agent` header.
    var name: String { get }

    /// One call. Throws if no answer came in time.
    func hello() async throws -> HTTPClientResponse

    func shutdown() async throws
}

/// How long a caller is willing to wait. The same for both clients.
let patience = Duration.seconds(1)

extension HTTPClientRequest {
    static func hello(at url: String, from client: String) -> Self {
        var request = HTTPClientRequest(url: url)
        request.headers.add(name: "user-agent", value: client)
        return request
    }
}
#endif
