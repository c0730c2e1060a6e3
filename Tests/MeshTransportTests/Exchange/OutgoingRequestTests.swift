#if Transport
import HTTPTypes
import MeshHTTP
import NIOCore
import Testing

@testable import MeshTransport

@Suite("A request in HTTP/1.1") struct OutgoingRequestTests {
    private func head(
        _ method: HTTPRequest.Method = .get,
        _ path: String? = "/",
        authority: String? = "users",
        _ fields: HTTPFields = [:]
    ) -> HTTPRequest {
        HTTPRequest(method: method, scheme: "http", authority: authority, path: path, headerFields: fields)
    }

    private func bytes(_ head: HTTPRequest, _ body: HTTPBody = .empty) throws -> String {
        let request = try OutgoingRequest(HTTPCallRequest(head, body: body), service: "service")
        var buffer = ByteBuffer()
        RequestEncoder.writeHead(of: request, into: &buffer)
        return String(buffer: buffer)
    }

    private func error(_ head: HTTPRequest, _ body: HTTPBody = .empty) -> InvalidRequestError? {
        do throws(InvalidRequestError) {
            _ = try OutgoingRequest(HTTPCallRequest(head, body: body), service: "service")
            return nil
        } catch {
            return error
        }
    }

    private func stream(length: Int64?) -> HTTPBody {
        HTTPBody(stream: AsyncThrowingStream<HTTPBody.Chunk, any Error> { $0.finish() }, length: length)
    }

    /// Refused, or written as two lines of the right form: the type of the head has made something harmless of it before.
    private func expectHarmless(_ head: HTTPRequest, sourceLocation: SourceLocation = #_sourceLocation) {
        switch error(head) {
        case .authority, .target:
            break
        case nil:
            let lines = (try? bytes(head))?.split(separator: "\r\n", omittingEmptySubsequences: false) ?? []
            #expect(lines.count == 4, sourceLocation: sourceLocation)
            #expect(lines.first?.split(separator: " ").count == 3, sourceLocation: sourceLocation)
            #expect(lines.dropFirst().first?.split(separator: " ").count == 2, sourceLocation: sourceLocation)
        case let other:
            Issue.record("refused for another reason: \(other.debugDescription)", sourceLocation: sourceLocation)
        }
    }

    // MARK: Bytes

    @Test("is written as RFC 9112 says")
    func exactBytes() throws {
        #expect(try bytes(head()) == "GET / HTTP/1.1\r\nHost: users\r\n\r\n")
        #expect(
            try bytes(head(.delete, "/a?b=c&d=%20", authority: "users:8080", [.accept: "*/*", .via: ""]))
                == "DELETE /a?b=c&d=%20 HTTP/1.1\r\nHost: users:8080\r\nAccept: */*\r\nVia: \r\n\r\n"
        )
        #expect(try bytes(head(.options, "*")) == "OPTIONS * HTTP/1.1\r\nHost: users\r\n\r\n")
        #expect(try bytes(head(.get, nil)) == "GET / HTTP/1.1\r\nHost: users\r\n\r\n")
        #expect(try bytes(head(HTTPRequest.Method("BREW")!)) == "BREW / HTTP/1.1\r\nHost: users\r\n\r\n")
    }

    @Test("says how long its body is")
    func framing() throws {
        let post = "POST / HTTP/1.1\r\nHost: users\r\n"
        #expect(try bytes(head(.post), HTTPBody("hello")) == post + "Content-Length: 5\r\n\r\n")
        #expect(try bytes(head(.post), stream(length: 7)) == post + "Content-Length: 7\r\n\r\n")
        #expect(try bytes(head(.post), stream(length: nil)) == post + "Transfer-Encoding: chunked\r\n\r\n")
        #expect(try bytes(head(.get), HTTPBody("x")) == "GET / HTTP/1.1\r\nHost: users\r\nContent-Length: 1\r\n\r\n")
    }

    @Test("says that it has no body where one is expected", arguments: [HTTPRequest.Method.post, .put, .patch])
    func noBody(_ method: HTTPRequest.Method) throws {
        #expect(try bytes(head(method)) == "\(method) / HTTP/1.1\r\nHost: users\r\nContent-Length: 0\r\n\r\n")
    }

    @Test("says nothing of a body where none is expected", arguments: [HTTPRequest.Method.get, .head, .delete, .trace])
    func noBodyExpected(_ method: HTTPRequest.Method) throws {
        #expect(try bytes(head(method)) == "\(method) / HTTP/1.1\r\nHost: users\r\n\r\n")
        let request = try OutgoingRequest(HTTPCallRequest(head(method), body: stream(length: 0)), service: "service")
        #expect(request.bodyLength == 0, "a stream that said it is empty must be")
    }

    @Test("has chunks with their size in hexadecimal")
    func chunks() {
        var buffer = ByteBuffer()
        RequestEncoder.writeChunk(ByteBuffer(string: "hello"), into: &buffer)
        RequestEncoder.writeChunk(ByteBuffer(repeating: 0x61, count: 31), into: &buffer)
        RequestEncoder.writeLastChunk(nil, into: &buffer)
        #expect(String(buffer: buffer) == "5\r\nhello\r\n1f\r\n\(String(repeating: "a", count: 31))\r\n0\r\n\r\n")
    }

    @Test("keeps values that are not UTF-8 as they are")
    func opaqueValues() throws {
        var fields = HTTPFields()
        fields.append(HTTPField(name: .server, value: [0x67, 0x72, 0xFC, 0x6E] as [UInt8]))
        let request = try OutgoingRequest(HTTPCallRequest(head(.get, "/", fields)), service: "service")
        var buffer = ByteBuffer()
        RequestEncoder.writeHead(of: request, into: &buffer)
        #expect(Array(buffer.readableBytesView).contains([0x67, 0x72, 0xFC, 0x6E, 0x0D, 0x0A]))
    }

    // MARK: Whom it is for

    @Test("names the authority, else the field Host, else the service")
    func authority() throws {
        let host: HTTPFields = [.host: "other"]
        #expect(try bytes(head(.get, "/", host)) == "GET / HTTP/1.1\r\nHost: users\r\n\r\n")
        #expect(try bytes(head(.get, "/", authority: nil, host)) == "GET / HTTP/1.1\r\nHost: other\r\n\r\n")
        #expect(try bytes(head(.get, "/", authority: nil)) == "GET / HTTP/1.1\r\nHost: service\r\n\r\n")
    }

    @Test(
        "may name any authority",
        arguments: ["users", "users:80", "127.0.0.1:8080", "[::1]:80", "a-b.c_d~e!$&'()*+,;=%20"]
    )
    func goodAuthority(_ text: String) throws {
        #expect(try bytes(head(.get, "/", authority: text)) == "GET / HTTP/1.1\r\nHost: \(text)\r\n\r\n")
    }

    @Test(
        "cannot smuggle anything through the authority",
        arguments: [
            "", " ", "a b", "a\r\nX: y", "a\nb", "a\rb", "a\u{0}", "a\tb", "user@host", "a/b", "a?b", "a#b", "a\\b",
            "ä", "<a>",
            "\"a\"", "a\u{7F}",
        ]
    )
    func badAuthority(_ text: String) {
        expectHarmless(head(.get, "/", authority: text))
    }

    @Test("may name any target", arguments: ["/", "//", "/a/b;c=d?e=f&g", "/%0d%0a", "/?\"<>{}|^`'", "/\\"])
    func goodTarget(_ text: String) throws {
        #expect(try bytes(head(.get, text)) == "GET \(text) HTTP/1.1\r\nHost: users\r\n\r\n")
    }

    @Test(
        "cannot smuggle anything through the target",
        arguments: [
            "", " ", "a", "*", "http://a/", "/ HTTP/1.1\r\nX: y\r\n\r\n", "/a b", "/a\tb", "/a\r", "/a\n", "/a\u{0}",
            "/\u{7F}", "/ü",
            "/a#b", "?a=b",
        ]
    )
    func badTarget(_ text: String) {
        expectHarmless(head(.get, text))
    }

    @Test(
        "cannot smuggle anything through the method",
        arguments: ["", "GET ", "GET / HTTP/1.1\r\n", "G\tET", "GÉT", "G(T"]
    )
    func badMethod(_ text: String) {
        #expect(HTTPRequest.Method(text) == nil)
    }

    @Test("makes no tunnel")
    func connect() {
        #expect(error(head(.connect)) == .method("CONNECT"))
    }

    @Test(
        "cannot smuggle anything through a value",
        arguments: ["a\r\nX: y", "a\n\nb", "a\r\n\r\nGET / HTTP/1.1\r\n", "a\u{0}b", "\r\n"]
    )
    func badValue(_ text: String) throws {
        for field in [HTTPField(name: .server, value: text), HTTPField(name: .server, lenientValue: text.utf8)] {
            let written = try bytes(head(.get, "/", HTTPFields([field])))
            #expect(written.split(separator: "\r\n", omittingEmptySubsequences: false).count == 5)
            #expect(
                !written.dropLast(4).replacing("\r\n", with: "").unicodeScalars.contains {
                    $0 == "\r" || $0 == "\n" || $0 == "\0"
                }
            )
        }
    }

    // MARK: Fields

    @Test("leaves out what belongs to a connection")
    func connectionFields() throws {
        let fields: HTTPFields = [
            .accept: "a",
            .host: "other",
            .connection: "keep-alive, X-Foo",
            .keepAlive: "timeout=5",
            .proxyConnection: "keep-alive",
            .transferEncoding: "Chunked",
            .contentLength: "2",
            .via: "b",
        ]
        #expect(
            try bytes(head(.post, "/", fields), HTTPBody("ok"))
                == "POST / HTTP/1.1\r\nHost: users\r\nAccept: a\r\nVia: b\r\nContent-Length: 2\r\n\r\n"
        )
    }

    @Test("asks for the connection to be closed", arguments: ["close", "Close", "x, close", "a,\tCLOSE ,b"])
    func closes(_ value: String) throws {
        #expect(
            try bytes(head(.get, "/", [.connection: value]))
                == "GET / HTTP/1.1\r\nHost: users\r\nConnection: close\r\n\r\n"
        )
        #expect(!(try bytes(head(.get, "/", [.connection: "closed"]))).contains("Connection"))
    }

    @Test("waits for 100 Continue if it has a body")
    func expectation() throws {
        let fields: HTTPFields = [.expect: "100-Continue"]
        let request = try OutgoingRequest(HTTPCallRequest(head(.post, "/", fields), body: HTTPBody("x")), service: "s")
        #expect(request.expectsContinue)
        #expect(try bytes(head(.post, "/", fields), HTTPBody("x")).contains("\r\nExpect: 100-Continue\r\n"))
        #expect(try bytes(head(.get, "/", fields)) == "GET / HTTP/1.1\r\nHost: users\r\n\r\n")
        let empty = try OutgoingRequest(HTTPCallRequest(head(.post, "/", fields)), service: "s")
        #expect(!empty.expectsContinue)
    }

    @Test("does not offer what the transport cannot do")
    func refusedFields() {
        #expect(error(head(.get, "/", [.upgrade: "websocket"])) == .field("Upgrade"))
        #expect(error(head(.get, "/", [.expect: "200-ok"])) == .field("Expect"))
        #expect(error(head(.get, "/", [.transferEncoding: "gzip"])) == .field("Transfer-Encoding"))
        #expect(error(head(.get, "/", [.transferEncoding: "gzip, chunked"])) == .field("Transfer-Encoding"))
    }

    @Test("does not lie about its length")
    func contentLength() throws {
        func declared(_ values: String...) -> HTTPFields {
            HTTPFields(values.map { HTTPField(name: .contentLength, value: $0) })
        }
        let body = HTTPBody("hello")
        #expect(error(head(.post, "/", declared("5")), body) == nil)
        #expect(error(head(.post, "/", declared("5", "5")), body) == nil)
        #expect(error(head(.post, "/", declared("4")), body) == .contentLength)
        #expect(error(head(.post, "/", declared("5", "6")), body) == .contentLength)
        #expect(error(head(.post, "/", declared("5, 5")), body) == .contentLength)
        #expect(error(head(.post, "/", declared("-5")), body) == .contentLength)
        #expect(error(head(.post, "/", declared("x")), body) == .contentLength)
        #expect(error(head(.get, "/", declared("5"))) == .contentLength)
        #expect(error(head(.post, "/", declared("6")), stream(length: 5)) == .contentLength)
        #expect(error(head(.post), stream(length: -1)) == .contentLength)
        #expect(
            try bytes(head(.post, "/", declared("9")), stream(length: nil))
                == "POST / HTTP/1.1\r\nHost: users\r\nContent-Length: 9\r\n\r\n"
        )
    }
}
#endif
