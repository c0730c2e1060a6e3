import MeshCore
import MeshTracing
import Testing

/// The vectors of the W3C test suite (w3c/trace-context, test/test.py) and those of the specification's text.
@Suite struct TraceParentTests {
    @Test(
        "a valid header is read, and printed in version 00",
        arguments: [
            ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", nil),
            ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00", nil),
            ("00-12345678901234567890123456789012-1234567890123456-02", nil),
            ("00-12345678901234567890123456789012-1234567890123456-03", nil),
            ("00-00000000000000000000000000000001-0000000000000001-00", nil),
            ("00-ffffffffffffffffffffffffffffffff-ffffffffffffffff-03", nil),
            // White space around the value.
            (
                " 00-12345678901234567890123456789012-1234567890123456-01",
                "00-12345678901234567890123456789012-1234567890123456-01"
            ),
            (
                "\t00-12345678901234567890123456789012-1234567890123456-01",
                "00-12345678901234567890123456789012-1234567890123456-01"
            ),
            (
                "00-12345678901234567890123456789012-1234567890123456-01 ",
                "00-12345678901234567890123456789012-1234567890123456-01"
            ),
            (
                "\t 00-12345678901234567890123456789012-1234567890123456-01 \t",
                "00-12345678901234567890123456789012-1234567890123456-01"
            ),
            // Flags that are not defined are sent as zero.
            (
                "00-12345678901234567890123456789012-1234567890123456-ff",
                "00-12345678901234567890123456789012-1234567890123456-03"
            ),
            (
                "00-12345678901234567890123456789012-1234567890123456-fc",
                "00-12345678901234567890123456789012-1234567890123456-00"
            ),
            // Future versions.
            (
                "cc-12345678901234567890123456789012-1234567890123456-01",
                "00-12345678901234567890123456789012-1234567890123456-01"
            ),
            (
                "01-12345678901234567890123456789012-1234567890123456-09",
                "00-12345678901234567890123456789012-1234567890123456-01"
            ),
            (
                "fe-12345678901234567890123456789012-1234567890123456-00-",
                "00-12345678901234567890123456789012-1234567890123456-00"
            ),
            (
                "cc-12345678901234567890123456789012-1234567890123456-01-what-the-future-will-be-like",
                "00-12345678901234567890123456789012-1234567890123456-01"
            ),
        ] as [(String, String?)]
    )
    func reads(header: String, printed: String?) {
        #expect(TraceParent(header)?.description == printed ?? header)
    }

    @Test(
        "an invalid header is none",
        arguments: [
            "",
            " ",
            "00",
            "00-12345678901234567890123456789012-1234567890123456-01.",
            "00-12345678901234567890123456789012-1234567890123456-01-what-the-future-will-be-like",
            "00-12345678901234567890123456789012-1234567890123456-01-",
            "cc-12345678901234567890123456789012-1234567890123456-01.what-the-future-will-be-like",
            "cc-12345678901234567890123456789012-1234567890123456-010",
            "cc-12345678901234567890123456789012-1234567890123456-0",
            "cc-12345678901234567890123456789012-1234567890123456",
            "cc-12345678901234567890123456789012.1234567890123456-01",
            "cc-00000000000000000000000000000000-1234567890123456-01",
            "ff-12345678901234567890123456789012-1234567890123456-01",
            ".0-12345678901234567890123456789012-1234567890123456-01",
            "0.-12345678901234567890123456789012-1234567890123456-01",
            "000-12345678901234567890123456789012-1234567890123456-01",
            "0000-12345678901234567890123456789012-1234567890123456-01",
            "0-12345678901234567890123456789012-1234567890123456-01",
            "00-00000000000000000000000000000000-1234567890123456-01",
            "00-.2345678901234567890123456789012-1234567890123456-01",
            "00-1234567890123456789012345678901.-1234567890123456-01",
            "00-123456789012345678901234567890123-1234567890123456-01",
            "00-1234567890123456789012345678901-1234567890123456-01",
            "00-12345678901234567890123456789012-0000000000000000-01",
            "00-12345678901234567890123456789012-.234567890123456-01",
            "00-12345678901234567890123456789012-123456789012345.-01",
            "00-12345678901234567890123456789012-12345678901234567-01",
            "00-12345678901234567890123456789012-123456789012345-01",
            "00-12345678901234567890123456789012-1234567890123456-.0",
            "00-12345678901234567890123456789012-1234567890123456-0.",
            "00-12345678901234567890123456789012-1234567890123456-001",
            "00-12345678901234567890123456789012-1234567890123456-1",
            // Upper case.
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00F067AA0BA902B7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0A",
            "CC-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            // Neighbours of the digits and letters in ASCII.
            "00-/234567890123456789012345678901:-1234567890123456-01",
            "00-`234567890123456789012345678901g-1234567890123456-01",
            "00_12345678901234567890123456789012-1234567890123456-01",
            "00-12345678901234567890123456789012_1234567890123456-01",
            "00-12345678901234567890123456789012-1234567890123456_01",
            "00-1234567890123456789012345678901é-1234567890123456-01",
            "00 -12345678901234567890123456789012-1234567890123456-01",
        ]
    )
    func rejects(header: String) {
        #expect(TraceParent(header) == nil)
    }

    @Test func `the parts are the bytes of the header`() throws {
        let parent = try #require(TraceParent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-03"))
        #expect(parent.traceID == TraceID(upper: 0x4bf9_2f35_77b3_4da6, lower: 0xa3ce_929d_0e0e_4736))
        #expect(parent.parentID == SpanID(0x00f0_67aa_0ba9_02b7))
        #expect(parent.flags == [.sampled, .random])
        #expect("\(parent.traceID)" == "4bf92f3577b34da6a3ce929d0e0e4736")
        #expect("\(parent.parentID)" == "00f067aa0ba902b7")
        #expect(TraceID("4bf92f3577b34da6a3ce929d0e0e4736") == parent.traceID)
        #expect(SpanID("00f067aa0ba902b7") == parent.parentID)
    }

    @Test func `identifiers of zero or of the wrong form do not exist`() {
        #expect(TraceID(upper: 0, lower: 0) == nil)
        #expect(TraceID(upper: 0, lower: 1) != nil)
        #expect(SpanID(0) == nil)
        #expect(TraceID("4bf92f3577b34da6a3ce929d0e0e473") == nil)
        #expect(SpanID("00F067aa0ba902b7") == nil)
    }

    @Test func `a new trace says that its identifier is random, a child stays in the trace`() throws {
        var generator = SplitMix64(seed: 7)
        let root = TraceParent.newTrace(flags: .sampled, using: &generator)
        #expect(root.flags == [.sampled, .random])
        let child = root.child(.random(using: &generator))
        #expect(child.traceID == root.traceID)
        #expect(child.parentID != root.parentID)
        #expect(child.flags == root.flags)
        #expect(TraceParent("\(root)") == root)
    }

    @Test("no bytes make the parser trap, and what it reads it prints stably", arguments: [1, 2, 3] as [UInt64])
    func randomBytes(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        let valid = Array("cc-12345678901234567890123456789012-1234567890123456-01-x".utf8)
        var read = 0
        for _ in 0..<20_000 {
            var bytes = Array(valid.prefix(Int.random(in: 50...valid.count, using: &generator)))
            for _ in 0..<Int.random(in: 0...2, using: &generator) {
                bytes[Int.random(in: bytes.indices, using: &generator)] = UInt8.random(
                    in: .min ... .max,
                    using: &generator
                )
            }
            guard let parent = TraceParent(String(decoding: bytes, as: UTF8.self)) else { continue }
            read += 1
            try #require(TraceParent(parent.description) == parent)
        }
        #expect(read > 1_000)
    }
}
