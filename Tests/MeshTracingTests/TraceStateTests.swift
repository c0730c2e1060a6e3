import MeshCore
import MeshTracing
import Testing

/// The vectors of the W3C test suite (w3c/trace-context, test/test.py and test_tracestate.py), and the limits.
@Suite struct TraceStateTests {
    private static let everyKeyCharacter = "abcdefghijklmnopqrstuvwxyz0123456789_-*/"
    private static let everyValueCharacter = String(
        String.UnicodeScalarView(
            (0x20...0x7E as ClosedRange<UInt8>).filter { $0 != 0x2C && $0 != 0x3D }.map { Unicode.Scalar($0) }
        )
    )

    @Test(
        "valid headers are read as one list and printed without superfluous white space",
        arguments: [
            (["foo=1,bar=2"], "foo=1,bar=2"),
            (["rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"], "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"),
            // Empty headers and members.
            ([""], ""),
            (["foo=1", ""], "foo=1"),
            (["", "foo=1"], "foo=1"),
            (["foo=1,,bar=2, \t ,"], "foo=1,bar=2"),
            ([",,,"], ""),
            // Several headers.
            (["foo=1,bar=2", "rojo=1,congo=2", "baz=3"], "foo=1,bar=2,rojo=1,congo=2,baz=3"),
            // Optional white space.
            (["foo=1 \t , \t bar=2, \t baz=3"], "foo=1,bar=2,baz=3"),
            (["foo=1\t \t,\t \tbar=2,\t \tbaz=3"], "foo=1,bar=2,baz=3"),
            ([" foo=1"], "foo=1"),
            (["\tfoo=1"], "foo=1"),
            (["foo=1 "], "foo=1"),
            (["\t foo=1 \t"], "foo=1"),
            // A space at the beginning of a value is part of it.
            (["foo= 1"], "foo= 1"),
            (["foo=  a b  ,bar=2"], "foo=  a b,bar=2"),
            // Keys: every character, a digit first, tenants, at signs as of level 2.
            (["\(everyKeyCharacter)=\(everyValueCharacter)"], "\(everyKeyCharacter)=\(everyValueCharacter)"),
            (["\(everyKeyCharacter)@a-z0-9_-*/=1"], "\(everyKeyCharacter)@a-z0-9_-*/=1"),
            (["1special=a,fw529a3039@dt=FfAsuj"], "1special=a,fw529a3039@dt=FfAsuj"),
            (["foo@=1,bar=2"], "foo@=1,bar=2"),
            (["foo@@bar=1,bar=2"], "foo@@bar=1,bar=2"),
            (["foo@bar@baz=1,bar=2"], "foo@bar@baz=1,bar=2"),
            // Duplicates are inherited as they are.
            (["foo=1,foo=1"], "foo=1,foo=1"),
            (["foo=1", "foo=2"], "foo=1,foo=2"),
        ]
    )
    func reads(headers: [String], printed: String) {
        #expect(TraceState(headerValues: headers)?.description == printed)
    }

    @Test(
        "one invalid member makes the whole list invalid",
        arguments: [
            "foo =1", "FOO=1", "foo.bar=1", "@foo=1,bar=2", "=1", "foo", "foobarbaz,bar=1", "foo=bar=baz", "foo=,bar=3",
            "foo=   ",
            "foo=\u{7F}", "foo=a\tb", "foo=ä", "föo=1", "_foo=1", "-foo=1", "bar=1,foo=\0",
        ]
    )
    func rejects(header: String) {
        #expect(TraceState(header) == nil)
    }

    @Test func `keys and values have at most 256 characters`() {
        func key(_ length: Int) -> String { String(repeating: "z", count: length) }
        #expect(TraceState(headerValues: ["foo=1", key(256) + "=1"])?.members.count == 2)
        #expect(TraceState(headerValues: ["foo=1", key(257) + "=1"]) == nil)
        #expect(TraceState("\(key(241))@\(String(repeating: "v", count: 14))=1") != nil)
        #expect(TraceState("\(key(242))@v=1") != nil)
        #expect(TraceState("t@\(String(repeating: "v", count: 15))=1") != nil)
        #expect(TraceState("foo=\(key(256))")?["foo"] == key(256))
        #expect(TraceState("foo=\(key(257))") == nil)
    }

    @Test func `32 members are inherited, 33 are not; empty ones do not count`() {
        let members = (1...33).map { "bar\($0)=\($0)" }
        #expect(TraceState(headerValues: Array(members.prefix(32)))?.members.count == 32)
        #expect(TraceState(headerValues: members) == nil)
        #expect(TraceState(members.prefix(32).joined(separator: ",, ,"))?.members.count == 32)
    }

    @Test func `members are read by key, the first of duplicates counts`() throws {
        let state = try #require(TraceState("foo=1,bar= 2,foo=3"))
        #expect(state["foo"] == "1")
        #expect(state["bar"] == " 2")
        #expect(state["fo"] == nil)
        #expect(state["baz"] == nil)
        #expect(state.members.map(\.key) == ["foo", "bar", "foo"])
    }

    @Test func `a changed key moves to the front, and the order of the others stays`() throws {
        var state = TraceState()
        try state.set("bar", to: "0")
        try state.set("foo", to: "1")
        try state.set("bar", to: "2")
        try state.set("baz", to: "3")
        #expect("\(state)" == "baz=3,bar=2,foo=1")
        state.remove("bar")
        #expect("\(state)" == "baz=3,foo=1")
        state.remove("absent")
        #expect("\(state)" == "baz=3,foo=1")
    }

    @Test func `changing a duplicated key leaves one of it`() throws {
        var state = try #require(TraceState("a=1,foo=1,foo=2"))
        try state.set("foo", to: "3")
        #expect("\(state)" == "foo=3,a=1")
    }

    @Test func `the 33rd member is dropped from the end`() throws {
        var state = try #require(TraceState((1...32).map { "bar\($0)=\($0)" }.joined(separator: ",")))
        try state.set("new", to: "x")
        #expect(state.members.count == 32)
        #expect(state.members.first?.key == "new")
        #expect(state.members.last?.key == "bar31")
        try state.set("bar31", to: "y")
        #expect(state.members.count == 32)
        #expect(state.members.last?.key == "bar30")
    }

    @Test(
        "what is against the grammar cannot be set",
        arguments: [
            ("", "abc"), ("FOO", "abc"), ("@vendor", "a"), ("special.vendor", "a"),
            (String(repeating: "z", count: 257), "a"),
            ("foo", ""), ("foo", "bar=baz"), ("foo", "a,b"), ("foo", "a "), ("foo", "ä"),
            ("foo", String(repeating: "x", count: 257)),
        ]
    )
    func refusesToSet(key: String, value: String) {
        var state = TraceState()
        #expect(throws: InvalidTraceStateError.self) { try state.set(key, to: value) }
        #expect(state.isEmpty)
    }

    @Test func `truncation drops long members first, then from the end, always whole ones`() throws {
        let long = "long=" + String(repeating: "x", count: 200)
        let state = try #require(TraceState("a=1,\(long),b=2,c=3"))
        #expect(state.truncated() == state)
        #expect("\(state.truncated(toLength: 100))" == "a=1,b=2,c=3")
        #expect("\(state.truncated(toLength: 11))" == "a=1,b=2,c=3")
        #expect("\(state.truncated(toLength: 10))" == "a=1,b=2")
        #expect("\(state.truncated(toLength: 3))" == "a=1")
        #expect(state.truncated(toLength: 2).isEmpty)
    }

    @Test("no bytes make the parser trap, and what it reads it prints stably", arguments: [1, 2, 3] as [UInt64])
    func randomBytes(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        let alphabet = Array("ab1@_=, \t.A".utf8) + [0, 0x7F, 0xC3, 0xFF]
        var read = 0
        for _ in 0..<20_000 {
            let bytes = (0..<Int.random(in: 0...12, using: &generator)).map { _ in
                alphabet.randomElement(using: &generator) ?? 0
            }
            guard let state = TraceState(String(decoding: bytes, as: UTF8.self)) else { continue }
            read += 1
            let again = try #require(TraceState(state.description))
            try #require(again == state)
            try #require(again.description == state.members.map { "\($0.key)=\($0.value)" }.joined(separator: ","))
        }
        #expect(read > 500)
    }
}
