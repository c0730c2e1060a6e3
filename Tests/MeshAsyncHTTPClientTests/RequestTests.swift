#if AsyncHTTPClient
import AsyncHTTPClient
import MeshCore
import MeshHTTP
import NIOCore
import NIOHTTP1
import Testing
import Tracing

@testable import MeshAsyncHTTPClient

@Suite struct RequestTests {
    @Test(
        "the logical host stays in Host, whatever the address",
        arguments: [
            ("http://users", nil, "GET / HTTP/1.1", "users"),
            ("http://Users.Prod/a/b?c=d&e=%20#f", nil, "GET /a/b?c=d&e=%20 HTTP/1.1", "users.prod"),
            ("http://users:8080/x", nil, "GET /x HTTP/1.1", "users:8080"),
            ("http://users:80/x", nil, "GET /x HTTP/1.1", "users"),
            ("http://me:secret@users?q=1", nil, "GET /?q=1 HTTP/1.1", "users"),
            ("http://[::1]:99/", nil, "GET / HTTP/1.1", "[::1]:99"),
            ("http://users/", "other", "GET / HTTP/1.1", "other"),
        ] as [(String, String?, String, String)]
    )
    func host(url: String, header: String?, line: String, expected: String) async throws {
        let server = try await RawServer.start()
        try await withTransport { transport in
            var request = HTTPClientRequest(url: url)
            if let header { request.headers.add(name: "hOST", value: header) }
            for _ in 0..<2 { try await transport.expectOK(request, from: server.endpoint()) }
            for seen in server.requests {
                #expect(seen.head.hasPrefix(line + "\r\n"))
                #expect(seen.values(of: "Host") == [expected])
            }
            #expect(server.requests.count == 2)
        }
        await server.stop()
    }

    @Test("the transport adds no tracing header, even if the configuration has a tracer")
    func tracing() async throws {
        let server = try await RawServer.start()
        var base = HTTPClient.Configuration()
        base.tracing.tracer = InjectingTracer()
        try await withTransport(.test(base)) { transport in
            var request = AsyncHTTPClientRequest(HTTPClientRequest(url: "http://users/"))
            request.setHeader("traceparent", to: "old")
            request.setHeader("Traceparent", to: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
            var context = ServiceContext.topLevel
            context[InjectingTracer.Key.self] = "x"
            let response = try await ServiceContext.withValue(context) {
                try await transport.send(request, to: server.endpoint(), context: .test())
            }
            response.discard()
            #expect(
                server.requests.first?.values(of: "traceparent")
                    == ["00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"]
            )
        }
        await server.stop()
    }

    @Test("what the mesh has to own in the configuration, it owns")
    func configuration() {
        var base = HTTPClient.Configuration()
        base.redirectConfiguration = .follow(max: 3, allowCycles: false)
        base.connectionPool.retryConnectionEstablishment = true
        base.timeout.connect = .seconds(30)
        base.timeout.read = .seconds(7)
        base.tracing.tracer = InjectingTracer()
        let client = AsyncHTTPClientTransport.Configuration(base: base, connectTimeout: .milliseconds(1500)).client
        #expect(!client.connectionPool.retryConnectionEstablishment)
        #expect(client.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit == 1024)
        #expect(client.timeout.connect == .milliseconds(1500))
        #expect(client.timeout.read == .seconds(7))
        #expect(client.tracing.tracer == nil)
    }
}

/// A tracer that writes a header of its own wherever it is asked.
private struct InjectingTracer: Tracer {
    enum Key: ServiceContextKey {
        typealias Value = String
    }

    typealias Span = NoOpTracer.Span

    func startSpan<Instant: TracerInstant>(
        _ operationName: String,
        context: @autoclosure () -> ServiceContext,
        ofKind kind: SpanKind,
        at instant: @autoclosure () -> Instant,
        function: String,
        file fileID: String,
        line: UInt
    ) -> NoOpTracer.Span {
        NoOpTracer().startSpan(
            operationName,
            context: context(),
            ofKind: kind,
            at: instant(),
            function: function,
            file: fileID,
            line: line
        )
    }

    func forceFlush() {}

    func inject<Carrier, Inject: Injector>(
        _ context: ServiceContext,
        into carrier: inout Carrier,
        using injector: Inject
    )
    where Inject.Carrier == Carrier {
        injector.inject("injected", forKey: "traceparent", into: &carrier)
    }

    func extract<Carrier, Extract: Extractor>(
        _ carrier: Carrier,
        into context: inout ServiceContext,
        using extractor: Extract
    ) where Extract.Carrier == Carrier {}
}
#endif
