#if AsyncHTTPClient
import HTTPTypes
import Hummingbird
import MeshCore
import MeshHTTP
import MeshLoadBalancing
import TestSupport
import Testing

@testable import MeshAsyncHTTPClient

// The middleware and the handler of docs/guides/load-reports-and-probes.md. Whoever changes one changes both.

/// Answers probes, and tells the load on the back of every other response.
private struct TellsLoad<Context: RequestContext>: RouterMiddleware {
    let tracker: RequestLoadTracker

    @concurrent
    func handle(
        _ request: Request,
        context: Context,
        next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        guard request.uri.path != ProbeHeader.defaultPath else {
            var response = Response(status: .noContent)
            response.headers.setProbeResponse(tracker.answer())
            return response
        }
        let tracked = tracker.start()
        var response = try await next(request, context)
        // An answer that is a failure does not say how long an answer takes.
        if response.status.kind != .serverError { tracked.end() }
        response.headers.setProbeResponse(tracker.answer())
        return response
    }
}

private struct Handler {
    let tracker: RequestLoadTracker
    let report: @Sendable () throws -> LoadReport
    let respond: @Sendable (HTTPRequest) async throws -> HTTPResponse

    func handle(_ request: HTTPRequest) async throws -> HTTPResponse {
        guard request.path != ProbeHeader.defaultPath else {
            var response = HTTPResponse(status: .noContent)
            response.headerFields.setProbeResponse(tracker.answer())
            return response
        }
        let tracked = tracker.start()
        var response = try await respond(request)
        tracked.end()
        response.headerFields.setProbeResponse(tracker.answer())
        try response.headerFields.setLoadReport(report())
        return response
    }
}

@Suite(.takesTurns) struct LoadReportsGuideTests {
    @Test("a server of Hummingbird answers probes and tells its load with every response")
    func middleware() async throws {
        let tracker = RequestLoadTracker()
        let router = Router()
        router.add(middleware: TellsLoad(tracker: tracker))
        router.get("/") { _, _ in "at \(tracker.requestsInFlight)" }
        router.get("/fails") { _, _ -> String in throw HTTPError(.internalServerError) }
        try await withHummingbird(router) { port in
            let endpoint = Endpoint(.ip(.v4(0x7F00_0001), port: port))
            let transport = AsyncHTTPClientCallTransport(.test())
            func get(_ path: String) async throws -> (status: Int, load: ProbeResponse?) {
                let request = HTTPCallRequest(.init(method: .get, scheme: "http", authority: "front", path: path))
                let response = try await transport.send(request, to: endpoint, context: .test())
                let load = try response.head.headerFields.probeResponse()
                response.discard()
                return (response.statusCode, load)
            }
            #expect(try await get("/fails") == (500, nil))
            var probe = try await get(ProbeHeader.defaultPath)
            #expect(probe == (204, ProbeResponse(requestsInFlight: 0, latency: nil)))
            let response = try await get("/")
            #expect(response.status == 200)
            #expect(response.load?.requestsInFlight == 0)
            #expect(response.load?.latency != nil)
            probe = try await get(ProbeHeader.defaultPath)
            #expect(probe == (204, response.load))
            await transport.shutdown()
        }
    }

    @Test("so does a handler of one's own, and reports its load")
    func handler() async throws {
        let tracker = RequestLoadTracker()
        let handler = Handler(tracker: tracker) {
            try LoadReport(applicationUtilization: 0.25, requestsPerSecond: 40)
        } respond: { _ in
            HTTPResponse(status: .ok)
        }
        func get(_ path: String) async throws -> HTTPFields {
            try await handler.handle(HTTPRequest(method: .get, scheme: nil, authority: nil, path: path)).headerFields
        }
        let fields = try await get("/")
        #expect(try fields.loadReport() == LoadReport(applicationUtilization: 0.25, requestsPerSecond: 40))
        #expect(try fields.probeResponse()?.latency != nil)
        // The header has microseconds only.
        let answer = try ProbeHeader.response(ProbeHeader.text(for: tracker.answer()))
        #expect(try await get(ProbeHeader.defaultPath).probeResponse() == answer)
        #expect(try await get(ProbeHeader.defaultPath).loadReport() == nil)
    }
}
#endif
