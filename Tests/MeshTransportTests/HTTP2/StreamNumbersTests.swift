#if Transport
import NIOHTTP2
import Testing

@testable import MeshTransport

@Suite struct StreamNumbersTests {
    @Test func areOddAndAscending() {
        var numbers = StreamNumbers()
        #expect([numbers.next(), numbers.next(), numbers.next()] == [1, 3, 5])
    }

    @Test func end() {
        var numbers = StreamNumbers(startingAt: Int(Int32.max) - 2)
        #expect(numbers.next() == HTTP2StreamID(Int(Int32.max) - 2))
        #expect(!numbers.isExhausted)
        #expect(numbers.next() == HTTP2StreamID(Int(Int32.max)))
        #expect(numbers.isExhausted)
        #expect(numbers.next() == nil)
    }
}
#endif
