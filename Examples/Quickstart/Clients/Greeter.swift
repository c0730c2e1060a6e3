#if AsyncHTTPClient
import AsyncHTTPClient

/// A client of the greeter service: what the two contestants have in common.
protocol Greeter: Sendable {
    /// How the tables call this client.
    var name: String { get }

    /// One call. Throws if no answer came in time.
    func hello() async throws -> HTTPClientResponse

    func shutdown() async throws
}

/// How long a caller is willing to wait. The same for both clients.
let patience = Duration.seconds(1)
#endif
