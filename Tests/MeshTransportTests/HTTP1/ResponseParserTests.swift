#if Transport
import HTTPTypes
import NIOCore
import Testing

@testable import MeshTransport

/// A response that is in order, and what it says.
struct ValidResponse: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let text: String
    var method = HTTPRequest.Method.get
    var status = 200
    var framing: ResponseFraming
    var body = ""
    var fields: HTTPFields = [:]
    var trailers: HTTPFields?
    var informational: [Int] = []
    var keepsAlive = true

    static let all: [ValidResponse] = [
        .init(
            testDescription: "fixed length",
            text: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
            framing: .length(5),
            body: "hello",
            fields: [.contentLength: "5"]
        ),
        .init(
            testDescription: "length 0",
            text: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
            framing: .length(0),
            fields: [.contentLength: "0"]
        ),
        .init(
            testDescription: "the same length twice",
            text: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\ncontent-length:2\r\n\r\nok",
            framing: .length(2),
            body: "ok"
        ),
        .init(
            testDescription: "one chunk",
            text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
            framing: .chunked,
            body: "hello"
        ),
        .init(
            testDescription: "chunks with extensions and leading zeros, sizes in either case",
            text: "HTTP/1.1 200 OK\r\ntransfer-encoding: CHUNKED\r\n\r\n"
                + "0005;name=value;q=\"a b\"\r\nhello\r\nA \t;x\r\n0123456789\r\na\r\n0123456789\r\n0;last\r\n\r\n",
            framing: .chunked,
            body: "hello01234567890123456789"
        ),
        .init(
            testDescription: "trailers",
            text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 7\r\nx-b:\r\n\r\n",
            framing: .chunked,
            body: "ok",
            trailers: [HTTPField.Name("X-Sum")!: "7", HTTPField.Name("x-b")!: ""]
        ),
        .init(
            testDescription: "no chunk at all",
            text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            framing: .chunked
        ),
        .init(
            testDescription: "chunk data that looks like the end",
            text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n0\r\n\r\n\r\n0\r\n\r\n",
            framing: .chunked,
            body: "0\r\n\r\n"
        ),
        .init(
            testDescription: "until the connection closes",
            text: "HTTP/1.1 200 OK\r\nServer: old\r\n\r\nall there is",
            framing: .untilClose,
            body: "all there is",
            fields: [.server: "old"],
            keepsAlive: false
        ),
        .init(
            testDescription: "no fields, until close, empty",
            text: "HTTP/1.1 500 Internal Server Error\r\n\r\n",
            status: 500,
            framing: .untilClose,
            keepsAlive: false
        ),
        .init(
            testDescription: "HEAD with a length",
            text: "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n",
            method: .head,
            framing: .none
        ),
        .init(
            testDescription: "HEAD with chunks that never come",
            text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            method: .head,
            framing: .none
        ),
        .init(testDescription: "204", text: "HTTP/1.1 204 No Content\r\n\r\n", status: 204, framing: .none),
        .init(
            testDescription: "304 with the length of what is not sent",
            text: "HTTP/1.1 304 Not Modified\r\nContent-Length: 12\r\nETag: \"x\"\r\n\r\n",
            status: 304,
            framing: .none,
            fields: [.eTag: "\"x\""]
        ),
        .init(
            testDescription: "1xx before the final one",
            text: "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
                + "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
            framing: .length(2),
            body: "ok",
            informational: [100, 103]
        ),
        .init(
            testDescription: "HTTP/1.0",
            text: "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
            framing: .length(2),
            body: "ok",
            keepsAlive: false
        ),
        .init(
            testDescription: "HTTP/1.0 with keep-alive",
            text: "HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 2\r\n\r\nok",
            framing: .length(2),
            body: "ok"
        ),
        .init(
            testDescription: "Connection: close",
            text: "HTTP/1.1 200 OK\r\nConnection: x, Close ,y\r\nContent-Length: 2\r\n\r\nok",
            framing: .length(2),
            body: "ok",
            keepsAlive: false
        ),
        .init(
            testDescription: "close beats keep-alive, in two fields",
            text: "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
            framing: .length(2),
            body: "ok",
            keepsAlive: false
        ),
        .init(
            testDescription: "empty reason",
            text: "HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\nok",
            framing: .length(2),
            body: "ok"
        ),
        .init(
            testDescription: "no reason and no space before it",
            text: "HTTP/1.1 404\r\nContent-Length: 2\r\n\r\nno",
            status: 404,
            framing: .length(2),
            body: "no"
        ),
        .init(
            testDescription: "a status that nobody knows",
            text: "HTTP/1.1 799 What\tever\r\nContent-Length: 0\r\n\r\n",
            status: 799,
            framing: .length(0)
        ),
        .init(
            testDescription: "white space around values, and none at all",
            text: "HTTP/1.1 200 OK\r\nServer:\t  a b \t\r\nVia:\r\nContent-Length:2\r\n\r\nok",
            framing: .length(2),
            body: "ok",
            fields: [.server: "a b", .via: ""]
        ),
        .init(
            testDescription: "bytes above ASCII in a value",
            text: "HTTP/1.1 200 Schön\r\nServer: grün\r\nContent-Length: 2\r\n\r\nok",
            framing: .length(2),
            body: "ok",
            fields: [.server: "grün"]
        ),
        .init(
            testDescription: "every byte of a token in a name",
            text: "HTTP/1.1 200 OK\r\n!#$%&'*+-.^_`|~09azAZ: x\r\nContent-Length: 0\r\n\r\n",
            framing: .length(0),
            fields: [HTTPField.Name("!#$%&'*+-.^_`|~09azAZ")!: "x"]
        ),
    ]

    func check(_ parsed: Parsed, sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(parsed.error == nil, sourceLocation: sourceLocation)
        guard let response = parsed.responses.first else { return }
        #expect(response.isComplete, sourceLocation: sourceLocation)
        #expect(response.informational.map(\.status.code) == informational, sourceLocation: sourceLocation)
        #expect(response.head?.status.code == status, sourceLocation: sourceLocation)
        #expect(response.framing == framing, sourceLocation: sourceLocation)
        #expect(String(decoding: response.body, as: UTF8.self) == body, sourceLocation: sourceLocation)
        #expect(response.trailers == trailers, sourceLocation: sourceLocation)
        #expect(response.keepsAlive == keepsAlive, sourceLocation: sourceLocation)
        for field in fields {
            #expect(response.head?.headerFields[field.name] == field.value, sourceLocation: sourceLocation)
        }
    }
}

@Suite("HTTP/1.1 responses") struct ResponseParserTests {
    @Test("are read whole", arguments: ValidResponse.all)
    func whole(_ response: ValidResponse) {
        response.check(.parse(response.text, methods: [response.method]))
    }

    @Test("say the same byte by byte, and cut at any place", arguments: ValidResponse.all)
    func cut(_ response: ValidResponse) {
        let whole = Parsed.parse(response.text, methods: [response.method])
        #expect(Parsed.parse(response.text, methods: [response.method], cut: .bytes) == whole)
        for index in 0..<response.text.utf8.count {
            #expect(Parsed.parse(response.text, methods: [response.method], cut: .at(index)) == whole)
        }
    }

    @Test("may come in as many chunks as their sender likes, with short extensions or much in each")
    func longChunkLines() {
        let small = String(repeating: "1;e=1\r\nx\r\n", count: 1000)
        let long = String(
            repeating: "20;e=" + String(repeating: "e", count: 40) + "\r\n\(String(repeating: "x", count: 32))\r\n",
            count: 100
        )
        let text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + small + long + "0\r\n\r\n"
        let parsed = Parsed.parse(text, methods: [.get], limits: ResponseParser.Limits(headBytes: 200, fieldCount: 8))
        #expect(parsed.error == nil)
        #expect(parsed.responses.first?.isComplete == true)
        #expect(parsed.responses.first?.body.count == 1000 + 3200)
    }

    @Test("follow one another on a connection")
    func inARow() {
        let lasting = ValidResponse.all.filter(\.keepsAlive)
        let parsed = Parsed.parse(lasting.map(\.text).joined(), methods: lasting.map(\.method))
        #expect(parsed.error == nil)
        #expect(parsed.responses.count == lasting.count)
        for (response, one) in zip(lasting, parsed.responses) { response.check(Parsed(responses: [one])) }
        #expect(Parsed.parse(lasting.map(\.text).joined(), methods: lasting.map(\.method), cut: .bytes) == parsed)
    }

    @Test("have the fields of their own, whatever the response before had")
    func fieldCache() {
        let heads: [[(String, String)]] = [
            [("Server", "a"), ("Date", "1"), ("X-A", "x")],
            [("Server", "a"), ("Date", "1"), ("X-A", "x")],
            [("Server", "a"), ("Date", "2"), ("X-A", "x")],
            [("Server", "a")],
            [("Server", "a"), ("Date", "2"), ("X-A", "x"), ("X-B", "y"), ("X-C", "")],
            [("Date", "2"), ("X-C", "")],
            [],
            (0..<60).map { ("X-\($0)", "\($0)") },
            (0..<60).map { ("X-\($0)", "\($0 + 1)") },
            [("X-Long", String(repeating: "l", count: 4000)), ("Server", "a")],
            [("X-Long", String(repeating: "m", count: 4000)), ("Server", "a")],
        ]
        let text = heads.map { fields in
            "HTTP/1.1 200 OK\r\n" + fields.map { "\($0): \($1)\r\n" }.joined() + "Content-Length: 0\r\n\r\n"
        }
        let parsed = Parsed.parse(text.joined(), methods: heads.map { _ in .get })
        #expect(parsed.error == nil)
        for (head, response) in zip(heads, parsed.responses) {
            let read = (response.head?.headerFields ?? [:]).map { "\($0.name.rawName): \($0.value)" }
            #expect(read == head.map { "\($0): \($1)" } + ["Content-Length: 0"])
        }
    }

    @Test("are framed by their own fields, whatever the response before had")
    func framingIsNotCached() {
        let text =
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
            + "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nyes"
            + "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n"
        let parsed = Parsed.parse(text, methods: [.get, .get, .get])
        #expect(parsed.error == nil)
        #expect(parsed.text == ["ok", "yes", "x"])
        #expect(parsed.responses.map(\.keepsAlive) == [false, true, true])
    }

    @Test("say the same however often they come", arguments: ValidResponse.all.filter(\.keepsAlive))
    func again(_ response: ValidResponse) {
        let text = String(repeating: response.text, count: 5)
        let methods = Array(repeating: response.method, count: 5)
        let parsed = Parsed.parse(text, methods: methods)
        #expect(parsed.error == nil)
        #expect(parsed.responses.count == 5)
        for one in parsed.responses { response.check(Parsed(responses: [one])) }
        #expect(Parsed.parse(text, methods: methods, cut: .bytes) == parsed)
        for index in stride(from: 0, to: text.utf8.count, by: 7) {
            #expect(Parsed.parse(text, methods: methods, cut: .at(index)) == parsed)
        }
    }

    @Test("with a known head answer the request that was made, and only a whole head is known")
    func knownHeads() {
        let head = "HTTP/1.1 200 OK\r\nServer: a\r\nContent-Length: 2\r\n\r\n"
        let longer = "HTTP/1.1 200 OK\r\nServer: a\r\nContent-Length: 2\r\nX-A: b\r\n\r\n"
        let other = "HTTP/1.1 404 OK\r\nServer: a\r\nContent-Length: 2\r\n\r\n"
        let text = [head + "ok", head + "ok", head + "ok", head, longer + "no", other + "no", head + "ok"].joined()
        let parsed = Parsed.parse(text, methods: [.get, .get, .get, .head, .get, .get, .get])
        #expect(parsed.error == nil)
        #expect(parsed.text == ["ok", "ok", "ok", "", "no", "no", "ok"])
        #expect(parsed.responses.map { $0.head?.status.code } == [200, 200, 200, 200, 200, 404, 200])
        #expect(parsed.responses.map { $0.head?.headerFields.count } == [2, 2, 2, 2, 3, 2, 2])
        #expect(parsed.responses[3].framing == ResponseFraming.none)
    }

    @Test("know whether any byte of them was seen, and how much is left")
    func progress() throws {
        var parser = ResponseParser()
        #expect(parser.isBeforeResponse)
        parser.begin(method: .get)
        #expect(parser.isBeforeResponse)
        var bytes = ByteBuffer(string: "H")
        #expect(try parser.next(&bytes) == nil)
        #expect(!parser.isBeforeResponse)

        parser.begin(method: .get)
        bytes = ByteBuffer(string: "HTTP/1.1 100 Continue\r\n\r\n")
        guard case .informational = try parser.next(&bytes) else { throw Unexpected() }
        #expect(!parser.isBeforeResponse, "a 1xx response is a beginning")
        bytes = ByteBuffer(string: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe")
        guard case .head = try parser.next(&bytes) else { throw Unexpected() }
        #expect(parser.remaining == 5)
        guard case .body = try parser.next(&bytes) else { throw Unexpected() }
        #expect(parser.remaining == 3)
        bytes = ByteBuffer(string: "llo")
        guard case .body = try parser.next(&bytes) else { throw Unexpected() }
        #expect(parser.isFinished)
        #expect(parser.remaining == 0)
    }

    @Test("may use every byte and field that they are allowed")
    func limits() {
        let text = "HTTP/1.1 200 OK\r\nServer: abc\r\nContent-Length: 2\r\n\r\nok"
        let size = text.utf8.count - 2
        for cut in [Cutting.whole, .bytes] {
            let exact = Parsed.parse(text, limits: .init(headBytes: size, fieldCount: 2), cut: cut)
            #expect(exact.error == nil)
            #expect(exact.text == ["ok"])
            let small = Parsed.parse(text, limits: .init(headBytes: size - 1, fieldCount: 2), cut: cut)
            #expect(small.error == .headTooLarge(size - 1))
            let few = Parsed.parse(text, limits: .init(headBytes: size, fieldCount: 1), cut: cut)
            #expect(few.error == .tooManyFields(1))
        }
    }

    @Test("with many small chunks are not taken for a large head")
    func manyChunks() {
        let chunks = String(repeating: "1;ext=12345678\r\nx\r\n", count: 1000)
        let text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + "0\r\n\r\n"
        let parsed = Parsed.parse(text, limits: .init(headBytes: 100, fieldCount: 2))
        #expect(parsed.error == nil)
        #expect(parsed.text == [String(repeating: "x", count: 1000)])
    }
}

struct Unexpected: Error {}
#endif
