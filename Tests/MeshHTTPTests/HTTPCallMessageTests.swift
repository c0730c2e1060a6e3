#if HTTP
import HTTPTypes
import MeshCore
import MeshHTTP
import Testing

@Suite struct HTTPCallMessageTests {
    @Test("a request carries its headers and its logical host")
    func request() {
        var request = HTTPCallRequest(HTTPRequest(method: .post, scheme: "http", authority: "users", path: "/42"))
        #expect(request.methodName == "POST")
        request.setHeader("X-A", to: "1")
        request.setHeader("x-a", to: "2")
        request.setHeader("not a name", to: "3")
        #expect(request.headerValues("X-a") == ["2"])
        #expect(request.headerValues("not a name") == [])
        #expect(request.canBeSentAgain)
    }

    @Test("a streaming request can be sent again once it is recorded")
    func replay() async throws {
        var request = HTTPCallRequest(
            HTTPRequest(method: .put, scheme: "http", authority: "users", path: "/"),
            body: HTTPBody(stream: HTTPBodyTests.stream(["abc"]))
        )
        request.prepareForReplay(limit: 10)
        let copy = request
        _ = try await request.body.collect(upTo: 10)
        #expect(copy.canBeSentAgain)
        #expect(try await copy.body.collect(upTo: 10) == Array("abc".utf8))
    }

    @Test("a response ends with its body")
    func response() async throws {
        let ends = HTTPBodyTests.Ends()
        var response = HTTPCallResponse(HTTPResponse(status: .ok), body: HTTPBody(stream: HTTPBodyTests.stream(["x"])))
        response.head.headerFields[.retryAfter] = "3"
        #expect(!response.isOver)
        #expect(HTTPCallResponse(HTTPResponse(status: .ok), body: HTTPBody("x")).isOver)
        #expect(response.statusCode == 200)
        #expect(response.headerValue("retry-AFTER") == "3")
        response.onEnd(ends.record)
        response.discard()
        #expect(ends.all == ["dropped"])
    }
}
#endif
