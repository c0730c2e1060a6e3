#if Transport
import HTTPTypes
import NIOHPACK
import Testing

@testable import MeshTransport

@Suite struct ResponseFieldsTests {
    private func read(
        _ fields: [(String, String)],
        limits: ResponseParser.Limits = ResponseParser.Limits()
    ) throws(MalformedResponse) -> ResponseFields.Head {
        var reader = ResponseFields(limits: limits)
        return try reader.head(HPACKHeaders(fields))
    }

    @Test func aHeadIsRead() throws {
        let head = try read([(":status", "404"), ("content-type", "text/plain"), ("content-length", "12"), ("x", "")])
        #expect(head.response.status.code == 404)
        #expect(head.response.headerFields[.contentType] == "text/plain")
        #expect(head.response.headerFields.count == 3)
        #expect(head.length == 12)
    }

    @Test func repeatedHeadsAreReadFromTheCacheAndChangesAreSeen() throws {
        var reader = ResponseFields(limits: ResponseParser.Limits())
        for number in 0..<5 {
            let head = try reader.head(
                HPACKHeaders([
                    (":status", "200"), ("server", "s"), ("content-length", "\(number)"), ("date", "d\(number / 2)"),
                ])
            )
            #expect(head.length == Int64(number))
            #expect(head.response.headerFields[.server] == "s")
            #expect(head.response.headerFields[.date] == "d\(number / 2)")
        }
        // Fewer fields, others, in another order.
        let head = try reader.head(HPACKHeaders([(":status", "200"), ("date", "x")]))
        #expect(Array(head.response.headerFields) == [HTTPField(name: .date, value: "x")])
        #expect(head.length == nil)
    }

    @Test(arguments: [
        [("content-type", "a")],
        [(":status", "200"), (":status", "200")],
        [(":status", "200"), ("a", "b"), (":status", "200")],
        [("a", "b"), (":status", "200")],
        [(":status", "20")], [(":status", "2000")], [(":status", "abc")], [(":status", "099")], [(":status", "")],
        [(":status", "+20")], [(":status", "200"), (":path", "/")], [(":method", "GET")],
        [(":status", "200"), ("X-Upper", "a")], [(":status", "200"), ("", "a")], [(":status", "200"), ("a b", "a")],
        [(":status", "200"), ("connection", "close")], [(":status", "200"), ("keep-alive", "1")],
        [(":status", "200"), ("proxy-connection", "x")], [(":status", "200"), ("transfer-encoding", "chunked")],
        [(":status", "200"), ("upgrade", "h2c")],
        [(":status", "200"), ("a", "b\r\nc: d")], [(":status", "200"), ("a", "b\0")],
        [(":status", "200"), ("a", " b")],
        [(":status", "200"), ("a", "b\t")],
        [(":status", "200"), ("content-length", "x")], [(":status", "200"), ("content-length", "-1")],
        [(":status", "200"), ("content-length", "1"), ("content-length", "2")],
        [(":status", "200"), ("content-length", "99999999999999999999")],
    ])
    func whatIsMalformedIsRefused(fields: [(String, String)]) {
        #expect(throws: MalformedResponse.self) { _ = try read(fields) }
    }

    @Test func sizesAndNumbersAreLimited() {
        let fields = [(":status", "200"), ("a", "1"), ("b", "2"), ("c", "3")]
        #expect(throws: MalformedResponse.tooManyFields(2)) {
            _ = try read(fields, limits: ResponseParser.Limits(headBytes: 1000, fieldCount: 2))
        }
        #expect(throws: MalformedResponse.headTooLarge(100)) {
            _ = try read(fields, limits: ResponseParser.Limits(headBytes: 100, fieldCount: 10))
        }
    }

    @Test func trailersHaveNoPseudoFields() throws {
        var reader = ResponseFields(limits: ResponseParser.Limits())
        #expect(try reader.trailers(HPACKHeaders([("grpc-status", "0")]))?.count == 1)
        #expect(try reader.trailers(HPACKHeaders([])) == nil)
        #expect(throws: MalformedResponse.self) { _ = try reader.trailers(HPACKHeaders([(":status", "200")])) }
        #expect(throws: MalformedResponse.self) { _ = try reader.trailers(HPACKHeaders([("connection", "x")])) }
    }

    @Test func aReasonIsLegibleWhateverThePeerSends() {
        let error = #expect(throws: MalformedResponse.self) { _ = try read([(":status", "2\u{0}\n0")]) }
        #expect(error == .http2("the status \"20\""))
    }

    @Test func theLengthOfABodyIsChecked() throws {
        func length(_ status: Int, _ declared: Int64?, head: Bool = false) -> BodyLength {
            BodyLength(of: HTTPResponse(status: .init(code: status)), declared: declared, toHead: head)
        }
        var exact = length(200, 3)
        try exact.receive(2)
        #expect(throws: MalformedResponse.self) { try exact.end() }
        try exact.receive(1)
        try exact.end()
        #expect(throws: MalformedResponse.self) { try exact.receive(1) }
        var unknown = length(200, nil)
        try unknown.receive(1000)
        try unknown.end()
        for var none in [length(200, 10, head: true), length(204, nil), length(304, 10)] {
            try none.end()
            #expect(throws: MalformedResponse.self) { try none.receive(1) }
        }
    }
}
#endif
