#if Transport
import NIOCore
import NIOHTTP2
import Testing

@testable import MeshTransport

@Suite struct HTTP2ErrorsTests {
    @Test func aGoAwayIsLegible() {
        let error = GoAwayError(lastStream: 7, code: .enhanceYourCalm, data: ByteBuffer(string: "too_many_pings\n"))
        #expect("\(error)" == "GOAWAY ENHANCE_YOUR_CALM: too_many_pings?")
        #expect(!error.isGraceful)
        #expect("\(GoAwayError(lastStream: 0, code: .noError, data: nil))" == "GOAWAY NO_ERROR")
    }

    @Test func aGoAwayExcludesWhatIsAbove() {
        let error = GoAwayError(lastStream: 7, code: .noError, data: nil)
        #expect(!error.excludes(5))
        #expect(!error.excludes(7))
        #expect(error.excludes(9))
        #expect(!GoAwayError(lastStream: .maxID, code: .noError, data: nil).excludes(.maxID))
    }

    @Test func whatAPeerSaysIsCutShort() {
        let long = ByteBuffer(repeating: 97, count: 100_000)
        #expect(GoAwayError(lastStream: 0, code: .noError, data: long).message.utf8.count == 256)
    }

    @Test func codesHaveNames() {
        #expect("\(StreamResetError(code: .refusedStream))" == "RST_STREAM REFUSED_STREAM")
        #expect("\(StreamResetError(code: HTTP2ErrorCode(networkCode: 0x99)))" == "RST_STREAM 0x99")
    }
}
#endif
