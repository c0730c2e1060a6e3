#if AsyncHTTPClient
import HTTPTypes
import Hummingbird
import MeshCore
import MeshHTTP
import MeshTracing
import ServiceMesh
import TestSupport
import Testing

@testable import MeshAsyncHTTPClient

// The middleware of docs/guides/telemetry.md. Whoever changes one changes both.

/// Lets the calls that a handler makes inherit what its request brought along: the time that is left, the trace, the
/// baggage.
private struct InboundContext<Context: RequestContext>: RouterMiddleware {
    let clock: MeshClock

    @concurrent
    func handle(
        _ request: Request,
        context: Context,
        next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        let inbound = HTTPCallRequest(request.head)
        // A header that cannot be read is no reason to fail a request: there is then no deadline but one's own.
        let deadline = (try? inbound.receivedDeadline(at: clock.now)) ?? .none
        return try await Deadline.$inherited.withValue(deadline) {
            try await PropagationContext.$inherited.withValue(PropagationContext(extractedFrom: inbound)) {
                try await next(request, context)
            }
        }
    }
}

@Suite(.takesTurns) struct InboundContextTests {
    @Test("calls that a handler makes inherit the deadline and the trace of its request")
    func inherits() async throws {
        let backend = try await RawServer.start()
        let traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        try await withMesh(UsersMesh(at: [backend.address])) { users in
            let router = Router()
            router.add(middleware: InboundContext(clock: users.mesh.clock))
            router.get("/") { _, _ in try await users.text() }
            try await withHummingbird(router) { port in
                let front = Endpoint(.ip(.v4(0x7F00_0001), port: port))
                let transport = AsyncHTTPClientCallTransport(.test())
                var request = HTTPCallRequest(.init(method: .get, scheme: "http", authority: "front", path: "/"))
                request.setHeader(RemainingTime.headerName, to: "10000")
                request.setHeader("traceparent", to: traceparent)
                let response = try await transport.send(request, to: front, context: .test())
                #expect(response.statusCode == 200)
                response.discard()
                await transport.shutdown()
            }
            let seen = try #require(backend.requests.first)
            #expect(seen.values(of: "traceparent") == [traceparent])
            // The service has 15 s of its own, and the client of the test allows 30.
            let left = try RemainingTime.duration(seen.values(of: RemainingTime.headerName).first ?? "")
            #expect(left <= .seconds(10))
        }
        await backend.stop()
    }
}
#endif
