import MeshCore
import MeshHTTP
import Testing

@Suite struct RemainingTimeTests {
    static let now = MeshInstant(nanoseconds: 1_000_000_000)

    @Test(
        "prints whole milliseconds, rounded down, at least 1",
        arguments: [
            (.milliseconds(250), "250"), (.microseconds(1999), "1"), (.microseconds(300), "1"), (.zero, "1"),
            (.seconds(3600), "3600000"), (.seconds(100_000_000), "9999999999"),
        ] as [(Duration, String)]
    )
    func prints(remaining: Duration, expected: String) {
        #expect(RemainingTime.text(until: .after(remaining, from: Self.now), at: Self.now) == expected)
    }

    @Test("no deadline, no header")
    func none() throws {
        var request = StubRequest()
        request.setRemainingTime(until: .none, at: Self.now)
        #expect(request.headers.isEmpty)
        #expect(try request.receivedDeadline(at: Self.now) == .none)
    }

    @Test("the next hop counts from its own clock")
    func travels() throws {
        var request = StubRequest()
        request.setRemainingTime(until: .after(.seconds(2), from: Self.now), at: Self.now)
        let elsewhere = MeshInstant(nanoseconds: 77)
        #expect(try request.receivedDeadline(at: elsewhere) == .after(.seconds(2), from: elsewhere))
    }

    @Test(
        "refuses anything but one to ten digits",
        arguments: ["", "0", "00", "-1", "+1", " 1", "1 ", "1.0", "1ms", "12345678901", "١"]
    )
    func refuses(text: String) {
        #expect(throws: InvalidRemainingTimeError.self) { try RemainingTime.duration(text) }
    }

    @Test("refuses the header when it is there twice")
    func twice() {
        let name = RemainingTime.headerName
        let request = StubRequest(headers: [(name, "5"), (name, "5")])
        #expect(throws: InvalidRemainingTimeError.self) { try request.receivedDeadline(at: Self.now) }
    }
}
