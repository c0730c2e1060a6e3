import MeshCore
import MeshHTTP
import MeshLoadBalancing
import Testing

@Suite("Probe header")
struct ProbeHeaderTests {
    @Test(
        "is written in whole microseconds",
        arguments: [
            (3, .microseconds(1200), "rif=3, latency=1200"),
            (0, nil, "rif=0"),
            (-1, .seconds(-1), "rif=0, latency=0"),
            (1, .nanoseconds(1499), "rif=1, latency=1"),
            (1, .nanoseconds(1500), "rif=1, latency=2"),
            (.max, .seconds(10_000_000_000_000), "rif=999999999999999, latency=999999999999999"),
        ] as [(Int, Duration?, String)]
    )
    func text(requestsInFlight: Int, latency: Duration?, expected: String) {
        let response = ProbeResponse(requestsInFlight: requestsInFlight, latency: latency)
        #expect(ProbeHeader.text(for: response) == expected)
    }

    @Test(
        "is read as RFC 9651 has it",
        arguments: [
            ("rif=3, latency=1200", 3, .microseconds(1200)),
            ("rif=3", 3, nil),
            ("latency=5,rif=0", 0, .microseconds(5)),
            ("rif=1;a=b, latency=2;c, load=0.5, flag, other=?0", 1, .microseconds(2)),
            ("rif=1,\trif=2", 2, nil),
            ("rif=007", 7, nil),
        ] as [(String, Int, Duration?)]
    )
    func reads(text: String, requestsInFlight: Int, latency: Duration?) throws {
        let expected = ProbeResponse(requestsInFlight: requestsInFlight, latency: latency)
        #expect(try ProbeHeader.response(text) == expected)
    }

    @Test(
        "refuses the rest",
        arguments: [
            "", " ", ",", "rif=3,", "rif", "rif=", "rif=-1", "rif=1.5", "rif=+1", "rif=1e3", "RIF=1", "latency=1",
            "rif=1, latency", "rif=1, latency=1ms", "rif=\"1\"", "rif=1, x=\",\"", "rif=1000000000000000", "rif=１",
            "rif=1\n", "=1", "rif=1, 1=2", "rif=1, x=" + String(repeating: "1", count: 300),
        ]
    )
    func refuses(text: String) {
        #expect(throws: InvalidProbeResponseError.self) { try ProbeHeader.response(text) }
    }

    @Test("random text is an answer or an error, and what is written is read again")
    func property() throws {
        var random = SplitMix64(seed: 9)
        let alphabet = Array("rif=latency, ;0123456789\t\"".unicodeScalars)
        for _ in 0..<20_000 {
            var text = ""
            for _ in 0..<random.next() % 24 {
                text.unicodeScalars.append(alphabet[Int(random.next() % UInt64(alphabet.count))])
            }
            if let response = try? ProbeHeader.response(text) { #expect(response.requestsInFlight >= 0) }
            let response = ProbeResponse(
                requestsInFlight: Int(random.next() >> 40),
                latency: random.next() % 5 == 0 ? nil : .microseconds(Int64(random.next() >> 30))
            )
            #expect(try ProbeHeader.response(ProbeHeader.text(for: response)) == response)
        }
    }
}

#if HTTP
import HTTPTypes

extension ProbeHeaderTests {
    @Test("is set in and read from the fields of a response")
    func fields() throws {
        var fields = HTTPFields()
        #expect(try fields.probeResponse() == nil)
        fields.setProbeResponse(ProbeResponse(requestsInFlight: 3, latency: .milliseconds(2)))
        #expect(try fields.probeResponse() == ProbeResponse(requestsInFlight: 3, latency: .milliseconds(2)))
        fields.setProbeResponse(ProbeResponse(requestsInFlight: 4, latency: nil))
        #expect(try fields.probeResponse() == ProbeResponse(requestsInFlight: 4, latency: nil))
    }
}
#endif
