#if Transport
import HTTPTypes
import NIOCore
import Testing

@testable import MeshTransport

/// A response that is no HTTP, and why.
struct BadResponse: Sendable, CustomTestStringConvertible {
    let text: String
    let error: MalformedResponse
    var method = HTTPRequest.Method.get
    var limits = ResponseParser.Limits(headBytes: 200, fieldCount: 8)

    var testDescription: String { text.debugDescription }

    init(
        _ text: String,
        _ error: MalformedResponse,
        method: HTTPRequest.Method = .get
    ) {
        self.text = text
        self.error = error
        self.method = method
    }

    private static let ok = "HTTP/1.1 200 OK\r\n"
    private static let chunked = ok + "Transfer-Encoding: chunked\r\n\r\n"
    private static let long = String(repeating: "x", count: 250)

    private static func fields(_ fields: String, _ error: MalformedResponse) -> BadResponse {
        BadResponse(ok + fields + "\r\n\r\nhello", error)
    }

    private static func chunk(_ chunk: String, _ error: MalformedResponse) -> BadResponse {
        BadResponse(chunked + chunk, error)
    }

    static let statusLines: [BadResponse] = [
        BadResponse("\r\n\r\n", .statusLine),
        BadResponse("\r\nHTTP/1.1 200 OK\r\n\r\n", .statusLine),
        BadResponse(" HTTP/1.1 200 OK\r\n\r\n", .statusLine),
        BadResponse("http/1.1 200 OK\r\n\r\n", .statusLine),
        BadResponse("HTTP 200 OK and more\r\n\r\n", .statusLine),
        BadResponse("ICY 200 OK\r\n\r\n", .statusLine),
        BadResponse("GET / HTTP/1.1\r\nHost: a\r\n\r\n", .statusLine),
        BadResponse("SSH-2.0-OpenSSH_9.6\r\n", .statusLine),
        BadResponse("\u{0}\u{0}\u{12}\u{4}\u{0}", .statusLine),
        BadResponse("<html>no head at all</html>", .statusLine),
        BadResponse("HTTP/1.1\r\n\r\n", .statusLine),
        BadResponse("HTTP/1.1 \r\n\r\n", .statusLine),
        BadResponse("HTTP/1.1 20\r\n\r\n", .statusLine),
        BadResponse("HTTP/1.1 2000 OK\r\n\r\n", .statusLine),
        BadResponse("HTTP/1.1 20x OK\r\n\r\n", .statusLine),
        BadResponse("HTTP/1.1 -20 OK\r\n\r\n", .statusLine),
        BadResponse("HTTP/1.1 099 OK\r\n\r\n", .statusLine),
        BadResponse("HTTP/1.1  200 OK\r\n\r\n", .statusLine),
        BadResponse("HTTP/1.1\t200 OK\r\n\r\n", .statusLine),
        BadResponse("HTTP/1.1 200\tOK\r\n\r\n", .statusLine),
        BadResponse("HTTP/1.1 200 O\u{0}K\r\n\r\n", .statusLine),
        BadResponse("HTTP/1.1 200 O\rK\r\n\r\n", .statusLine),
        BadResponse("HTTP/1.1 200 O\u{7F}K\r\n\r\n", .statusLine),
        BadResponse("HTTP/2.0 200 OK\r\n\r\n", .version),
        BadResponse("HTTP/1.2 200 OK\r\n\r\n", .version),
        BadResponse("HTTP/0.9 200 OK\r\n\r\n", .version),
        BadResponse("HTTP/1,1 200 OK\r\n\r\n", .version),
        BadResponse("HTTP/1.1 200 OK\n\n", .bareLineFeed),
        BadResponse("HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n", .upgrade),
    ]

    static let fieldLines: [BadResponse] = [
        fields("Server: a\nVia: b", .bareLineFeed),
        BadResponse(ok + "Server: a\r\n\nVia: b\r\n\r\n", .bareLineFeed),
        fields("Server: a\rVia: b", .fieldValue("Server")),
        fields("Server: a\r\r", .fieldValue("Server")),
        fields("Server: a\u{0}b", .fieldValue("Server")),
        fields("Server: a\u{1}b", .fieldValue("Server")),
        fields("Server: a\u{1B}b", .fieldValue("Server")),
        fields("Server: a\u{7F}b", .fieldValue("Server")),
        fields(" Server: a", .foldedField),
        fields("Server: a\r\n b", .foldedField),
        fields("Server: a\r\n\tb: c", .foldedField),
        fields("Server : a", .fieldName),
        fields("Server\t: a", .fieldName),
        fields("Server", .fieldName),
        fields(": a", .fieldName),
        fields(":status: 200", .fieldName),
        fields("Ser ver: a", .fieldName),
        fields("Ser\u{0}ver: a", .fieldName),
        fields("Ser(ver): a", .fieldName),
        fields("Sérver: a", .fieldName),
        fields("\"Server\": a", .fieldName),
        fields("\u{0}", .fieldName),
        fields("X: " + long, .headTooLarge(200)),
        fields(long, .headTooLarge(200)),
        fields((0..<9).map { "X\($0): y" }.joined(separator: "\r\n"), .tooManyFields(8)),
        fields((0..<30).map { _ in "A: bbbbbbbbbb" }.joined(separator: "\r\n"), .tooManyFields(8)),
        fields((0..<8).map { _ in "A: bbbbbbbbbbbbbbbbbbbbbbbbbb" }.joined(separator: "\r\n"), .headTooLarge(200)),
        BadResponse("HTTP/1.1 200 " + long + "\r\n\r\n", .headTooLarge(200)),
        BadResponse("HTTP/1.1 200 " + long, .headTooLarge(200)),
        BadResponse(String(repeating: "HTTP/1.1 103 Early Hints\r\n\r\n", count: 9), .headTooLarge(200)),
    ]

    static let framing: [BadResponse] = [
        fields("Content-Length: 5\r\nContent-Length: 6", .contentLength),
        fields("Content-Length: 5, 5", .contentLength),
        fields("Content-Length: 5,6", .contentLength),
        fields("Content-Length:", .contentLength),
        fields("Content-Length: -5", .contentLength),
        fields("Content-Length: +5", .contentLength),
        fields("Content-Length: 5.0", .contentLength),
        fields("Content-Length: 0x5", .contentLength),
        fields("Content-Length: 5 5", .contentLength),
        fields("Content-Length: five", .contentLength),
        fields("Content-Length: ５", .contentLength),
        fields("Content-Length: 9223372036854775808", .contentLength),
        fields("Content-Length: 99999999999999999999", .contentLength),
        fields("Content-Length: 00000000000000000005", .contentLength),
        fields("Content-Length: 5\r\nTransfer-Encoding: chunked", .transferEncoding),
        fields("Transfer-Encoding: chunked\r\nContent-Length: 5", .transferEncoding),
        fields("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", .transferEncoding),
        fields("Transfer-Encoding: chunked, chunked", .transferEncoding),
        fields("Transfer-Encoding: gzip, chunked", .transferEncoding),
        fields("Transfer-Encoding: chunked, identity", .transferEncoding),
        fields("Transfer-Encoding: identity", .transferEncoding),
        fields("Transfer-Encoding: xchunked", .transferEncoding),
        fields("Transfer-Encoding: \u{B}chunked", .fieldValue("Transfer-Encoding")),
        fields("Transfer-Encoding:", .transferEncoding),
        BadResponse("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", .transferEncoding),
        BadResponse(ok + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", .transferEncoding, method: .head),
        BadResponse(ok + "Content-Length: 2\r\n\r\nok!", .unsolicited),
        BadResponse(ok + "Content-Length: 2\r\n\r\nok" + ok, .unsolicited),
        BadResponse("HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\nok", .unsolicited),
        BadResponse(ok + "Content-Length: 2\r\n\r\nok", .unsolicited, method: .head),
    ]

    static let chunks: [BadResponse] = [
        chunk("\r\n", .chunkSize),
        chunk("x\r\n", .chunkSize),
        chunk(" 5\r\nhello\r\n", .chunkSize),
        chunk("5 \r\nhello\r\n", .chunkSize),
        chunk("-5\r\nhello\r\n", .chunkSize),
        chunk("+5\r\nhello\r\n", .chunkSize),
        chunk("0x5\r\nhello\r\n", .chunkSize),
        chunk("5h\r\nhello\r\n", .chunkSize),
        chunk("5 5\r\nhello\r\n", .chunkSize),
        chunk("5,\r\nhello\r\n", .chunkSize),
        chunk(";x\r\nhello\r\n", .chunkSize),
        chunk("5;a\u{0}b\r\nhello\r\n", .chunkSize),
        chunk("5;a\rb\r\nhello\r\n", .chunkSize),
        chunk("5\r\r\nhello\r\n", .chunkSize),
        chunk("1000000000000000\r\n", .chunkSize),
        chunk("ffffffffffffffff\r\n", .chunkSize),
        chunk("0000000000000005\r\nhello\r\n", .chunkSize),
        chunk("5\nhello\r\n0\r\n\r\n", .bareLineFeed),
        chunk("5;" + long + "\r\nhello\r\n", .headTooLarge(200)),
        chunk(String(repeating: "1;" + long.prefix(40) + "\r\nh\r\n", count: 12) + "0\r\n\r\n", .headTooLarge(200)),
        chunk("5\r\nhello!\r\n0\r\n\r\n", .chunkTooLong),
        chunk("5\r\nhello\n0\r\n\r\n", .chunkTooLong),
        chunk("5\r\nhello\r0\r\n\r\n", .chunkTooLong),
        chunk("5\r\nhello0\r\n\r\n", .chunkTooLong),
        chunk("6\r\nhello\r\n0\r\n\r\n", .chunkTooLong),
        chunk("5\r\nhel\r\n0\r\n\r\n", .chunkTooLong),
        chunk("0\r\nX Y: z\r\n\r\n", .fieldName),
        chunk("0\r\nX: y\r\n z\r\n\r\n", .foldedField),
        chunk("0\r\nX: y\n\r\n", .bareLineFeed),
        chunk("0\r\nX: " + long + "\r\n\r\n", .headTooLarge(200)),
        chunk("0\r\n" + String(repeating: "X: y\r\n", count: 9) + "\r\n", .tooManyFields(8)),
        chunk("0\r\nContent-Length: x\r\n\r\n", .contentLength),
        chunk("0\r\n\r\n0\r\n\r\n", .unsolicited),
    ]

    static let all = statusLines + fieldLines + framing + chunks

    /// Those that are no response at all, rather than one with something behind it.
    static let refused = all.filter { $0.error != .unsolicited }
}

@Suite("A response that is no HTTP") struct MalformedResponseTests {
    @Test("is refused for the right reason", arguments: BadResponse.all)
    func whole(_ bad: BadResponse) {
        #expect(Parsed.parse(bad.text, methods: [bad.method], limits: bad.limits).error == bad.error)
    }

    @Test("is refused for the same reason byte by byte, and cut at any place", arguments: BadResponse.all)
    func cut(_ bad: BadResponse) {
        let whole = Parsed.parse(bad.text, methods: [bad.method], limits: bad.limits)
        #expect(Parsed.parse(bad.text, methods: [bad.method], limits: bad.limits, cut: .bytes) == whole)
        for index in 0..<bad.text.utf8.count {
            #expect(Parsed.parse(bad.text, methods: [bad.method], limits: bad.limits, cut: .at(index)) == whole)
        }
    }

    @Test("is refused before it ends: nobody waits for what cannot get better", arguments: BadResponse.all)
    func early(_ bad: BadResponse) {
        #expect(
            Parsed.parse(bad.text, methods: [bad.method], limits: bad.limits, endsStream: false).error == bad.error
        )
    }

    @Test("stays refused, whatever follows")
    func staysRefused() throws {
        var parser = ResponseParser()
        parser.begin(method: .get)
        var bytes = ByteBuffer(string: "HTTP/1.1 2x0 OK\r\n\r\n")
        for _ in 0..<3 {
            #expect(throws: MalformedResponse.statusLine) { try parser.next(&bytes) }
            bytes = ByteBuffer(string: ValidResponse.all[0].text)
        }
        #expect(throws: MalformedResponse.statusLine) { try parser.nextAtEndOfStream() }
    }

    @Test("has come unasked")
    func unsolicited() {
        var parser = ResponseParser()
        var bytes = ByteBuffer(string: ValidResponse.all[0].text)
        #expect(throws: MalformedResponse.unsolicited) { try parser.next(&bytes) }
    }

    @Test(
        "ends early, at any byte",
        arguments: [
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nServer: x\r\n\r\nhello",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;e=f\r\nhello\r\n0\r\nX-A: b\r\n\r\n",
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\nServer: x\r\n\r\n",
        ]
    )
    func truncated(_ text: String) {
        for length in 0..<text.utf8.count {
            let parsed = Parsed.parse(Array(text.utf8.prefix(length)))
            #expect(parsed.error == .truncated, "after \(length) bytes")
            #expect(parsed.responses.first?.isComplete == false)
        }
        #expect(Parsed.parse(text).error == nil)
    }
}
#endif
