#if Transport
import HTTPTypes
import Hummingbird
import MeshCore
import MeshHTTP
import MeshTransport
import Synchronization
import TestSupport
import Testing

/// HTTP/1.1 against servers that others wrote.
@Suite("Real peers", .serialized, .oneAtATime, .timeLimit(.minutes(10))) struct RealPeerTests {
    @Test("nginx", .enabled(if: Nginx.program != nil, "needs nginx"))
    func nginx() async throws {
        let large = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let nginx = try await Nginx.start(files: ["small": Array("small".utf8), "large": large])
        try await withTransport { transport async throws in
            for _ in 0..<50 { #expect(try await transport.text(.get, "/small", from: nginx.endpoint) == "small") }
            #expect(await transport.connectionCount == 1, "it keeps connections alive")

            let response = try await transport.call(.get, "/large", to: nginx.endpoint)
            #expect(response.body.length == 3_000_000)
            #expect(try await response.body.collect(upTo: 4_000_000) == large)
            #expect(await transport.connectionCount == 1)

            #expect(try await transport.call(.head, "/large", to: nginx.endpoint).body.bytes == [])
            #expect(try await transport.call(.get, "/none", to: nginx.endpoint).head.status.code == 404)
            let tag = try await transport.call(.get, "/small", to: nginx.endpoint).head.headerFields[.eTag]
            let conditional: HTTPFields = [.ifNoneMatch: try #require(tag)]
            #expect(try await transport.call(.get, "/small", conditional, to: nginx.endpoint).head.status.code == 304)
            #expect(await transport.connectionCount == 1)

            // With a filter that changes the length, nginx sends chunks.
            let chunked = try await transport.call(.get, "/chunked/large", to: nginx.endpoint)
            #expect(chunked.head.headerFields[.transferEncoding] == "chunked")
            #expect(try await chunked.body.collect(upTo: 4_000_000) == large)
            #expect(await transport.connectionCount == 1)

            let closing = try await transport.text(.get, "/closing", from: nginx.endpoint)
            #expect(closing == "bye")
            #expect(await transport.connectionCount == 0)

            // It answers 413 to the head, and reads the body or does not.
            let body = HTTPBody(stream: Chunks(count: 1000, size: 10_000))
            let refused = try await transport.call(.post, "/limited", body: body, to: nginx.endpoint)
            #expect(refused.head.status.code == 413)
        }
        await nginx.stop()
    }

    @Test(
        "nginx, which wants each connection to go after 50 requests, costs no call, though nobody retries",
        .enabled(if: Nginx.program != nil, "needs nginx"),
        arguments: [false, true]
    )
    func nginxLimitsConnections(isHTTP2: Bool) async throws {
        let nginx = try await Nginx.start(isHTTP2: isHTTP2, requestsPerConnection: 50)
        let opened = Atomic(0)
        let configuration = NativeTransport.Configuration.test {
            $0.protocols = isHTTP2 ? .http2 : .http1
            $0.onEvent = { if case .opened = $0 { opened.wrappingAdd(1, ordering: .relaxed) } }
        }
        try await withTransport(configuration) { transport async throws in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<64 {
                    group.addTask {
                        for number in 0..<32 {
                            let body = HTTPBody("\(number)")
                            let text = try await transport.text(.post, "/return", body: body, from: nginx.endpoint)
                            #expect(text == "ok")
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
        #expect(opened.load(ordering: .relaxed) >= 64 * 32 / 50)
        await nginx.stop()
    }

    @Test("nginx, from many tasks at once", .enabled(if: Nginx.program != nil, "needs nginx"))
    func nginxAtOnce() async throws {
        let nginx = try await Nginx.start(files: [
            "small": Array("small".utf8), "large": [UInt8](repeating: 1, count: 1 << 20),
        ])
        try await withTransport(.test()) { transport async throws in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<400 {
                    group.addTask {
                        switch number % 4 {
                        case 0:
                            let response = try await transport.call(.get, "/chunked/large", to: nginx.endpoint)
                            #expect(try await response.body.collect(upTo: 1 << 21).count == 1 << 20)
                        case 1:
                            try await transport.call(.get, "/large", to: nginx.endpoint).discard()
                        default:
                            #expect(try await transport.text(.get, "/small", from: nginx.endpoint) == "small")
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
        await nginx.stop()
    }

    @Test("Hummingbird")
    func hummingbird() async throws {
        let router = Router()
        router.get("/hello") { _, _ in "hello" }
        router.post("/echo") { request, _ in
            Response(status: .ok, body: ResponseBody(asyncSequence: request.body))
        }
        try await withHummingbird(router) { port in
            let endpoint = Endpoint(.ip(.v4(0x7F00_0001), port: port))
            try await withTransport { transport async throws in
                for _ in 0..<20 { #expect(try await transport.text(.get, "/hello", from: endpoint) == "hello") }
                for length in [Int64?.none, 500_000] {
                    let body = HTTPBody(stream: Chunks(count: 500, size: 1000), length: length)
                    #expect(try await transport.text(.post, "/echo", body: body, from: endpoint).utf8.count == 500_000)
                }
                #expect(try await transport.text(.post, "/echo", body: HTTPBody("x"), from: endpoint) == "x")
                #expect(try await transport.call(.get, "/none", to: endpoint).head.status.code == 404)
                #expect(await transport.connectionCount == 1)
            }
        }
    }
}

/// nginx with files to serve.
enum Nginx {
    static let program = findProgram("nginx")

    /// - Parameters:
    ///   - isTLS: Whether it speaks TLS, with `svid.pem` and `key.pem` among the files, to clients that `bundle.pem`
    ///     vouches for, and answers each with its verdict.
    ///   - isHTTP2: Whether it speaks HTTP/2 without TLS.
    ///   - requestsPerConnection: After how many it wants a connection to go.
    static func start(
        files: [String: [UInt8]] = [:],
        isTLS: Bool = false,
        isHTTP2: Bool = false,
        requestsPerConnection: Int = 1000
    ) async throws -> ServerProcess {
        try await ServerProcess(program) { port, folder in
            try folder.makeDirectory("files")
            for (name, bytes) in files { try folder.write(bytes, to: "files/\(name)") }
            let options = isTLS ? "ssl http2" : isHTTP2 ? "http2" : ""
            let text = configuration(
                port: port,
                folder: folder.path,
                options: options,
                isTLS: isTLS,
                requestsPerConnection: requestsPerConnection
            )
            try folder.write(text, to: "nginx.conf")
            return ["-e", "error.log", "-p", folder.path, "-c", "nginx.conf"]
        }
    }

    private static func configuration(
        port: UInt16,
        folder: String,
        options: String,
        isTLS: Bool,
        requestsPerConnection: Int
    ) -> String {
        let tls = """
            ssl_certificate \(folder)/files/svid.pem;
            ssl_certificate_key \(folder)/files/key.pem;
            ssl_client_certificate \(folder)/files/bundle.pem;
            ssl_verify_client on;
            ssl_protocols TLSv1.3;
            location / { return 200 $ssl_client_verify; }
            """
        let plain = """
            location / { }
            location /chunked/ { alias \(folder)/files/; ssi on; ssi_types *; }
            location /closing { keepalive_timeout 0; return 200 "bye"; }
            location /return { return 200 "ok"; }
            location /limited { client_max_body_size 10; proxy_pass http://127.0.0.1:1; }
            """
        return """
            daemon off;
            master_process off;
            pid nginx.pid;
            error_log error.log;
            events { worker_connections 1024; }
            http {
                access_log off;
                client_body_temp_path body;
                proxy_temp_path proxy;
                fastcgi_temp_path fastcgi;
                uwsgi_temp_path uwsgi;
                scgi_temp_path scgi;
                server {
                    listen 127.0.0.1:\(port) \(options) backlog=1024;
                    keepalive_requests \(requestsPerConnection);
                    root \(folder)/files;
                    \(isTLS ? tls : plain)
                }
            }
            """
    }
}
#endif
