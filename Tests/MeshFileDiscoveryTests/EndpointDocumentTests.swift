import MeshCore
import MeshTesting
import Testing

@testable import MeshFileDiscovery

struct EndpointDocumentTests {
    private func parse(_ text: String) throws(DocumentError) -> EndpointSet {
        try parse(Array(text.utf8))
    }

    private func parse(_ bytes: [UInt8]) throws(DocumentError) -> EndpointSet {
        do throws(FileError) {
            return try EndpointDocument.parse(bytes)
        } catch {
            switch error {
            case .invalid(let error): throw error
            case .unreadable(let reason): throw DocumentError(line: 0, column: 0, path: [], reason: reason)
            }
        }
    }

    @Test func `reads every key`() throws {
        let set = try parse(
            #"""
            {
              "endpoints": [
                { "address": "10.0.0.1:80" },
                {
                  "address": "[2001:db8::2]:80",
                  "weight": 4294967295,
                  "priority": 1,
                  "locality": { "region": "eu-central-1", "zone": "eu-central-1a", "subZone": "rack-7" },
                  "metadata": { "version": "1.4.2", "": "\u00e9\ud83d\ude00\n\"\\\/" },
                  "identity": { "spiffe": "spiffe://prod.example/users" }
                },
                { "address": "unix:/run/users.sock", "weight": 0, "identity": { "trustDomain": "prod.example" } },
                { "address": "users.local:81", "identity": { "spiffePattern": "spiffe://prod.example/ns/*/sa/users" } },
                { "address": "users.local:8080", "locality": {}, "identity": { "dnsName": "users.example" } }
              ]
            }
            """#
        )
        #expect(
            set.endpoints == [
                Endpoint(.ip(.v4(0x0A00_0001), port: 80)),
                Endpoint(
                    .ip(.v6(upper: 0x2001_0DB8_0000_0000, lower: 2, zone: nil), port: 80),
                    weight: .max,
                    locality: Locality(region: "eu-central-1", zone: "eu-central-1a", subZone: "rack-7"),
                    priority: 1,
                    metadata: ["version": "1.4.2", "": "é😀\n\"\\/"],
                    expectedIdentity: .spiffeID("spiffe://prod.example/users")
                ),
                Endpoint(.unix(path: "/run/users.sock"), weight: 0, expectedIdentity: .trustDomain("prod.example")),
                Endpoint(
                    .host("users.local", port: 81),
                    expectedIdentity: .spiffePattern("spiffe://prod.example/ns/*/sa/users")
                ),
                Endpoint(.host("users.local", port: 8080), expectedIdentity: .dnsName("users.example")),
            ]
        )
    }

    @Test(arguments: [#"{"endpoints":[]}"#, "\u{FEFF} {\r\n\t\"endpoints\" : [ ] }\n"])
    func `nobody is a set, too`(text: String) throws {
        #expect(try parse(text) == .empty)
    }

    @Test(arguments: [
        ("", "line 1, column 1: the file ends where an object should come"),
        ("[]", "line 1, column 1: expected an object, found \"[\""),
        ("{}", "line 1, column 1: \"endpoints\" is missing"),
        ("{\n  \"endpoint\": []\n}", "line 2, column 15 in endpoint: this key is unknown; there are: endpoints"),
        (#"{"endpoints":{}}"#, "line 1, column 14 in endpoints: expected an array"),
        (#"{"endpoints":null}"#, "line 1, column 14 in endpoints: expected an array"),
        (#"{"endpoints":[]} x"#, "line 1, column 18: expected the end of the file, found \"x\""),
        (#"{"endpoints":[],}"#, "line 1, column 17: expected the name of a member, found \"}\""),
        (#"{"endpoints":[],"endpoints":[]}"#, "line 1, column 17: \"endpoints\" appears twice"),
        (#"{"endpoints":[{}]}"#, "line 1, column 15 in endpoints[0]: \"address\" is missing"),
        (#"{"endpoints":[{"address":"a:1"},]}"#, "line 1, column 33 in endpoints[1]: expected an object"),
        (#"{"endpoints":[{"address":80}]}"#, "in endpoints[0].address: expected a string, found \"8\""),
        (
            #"{"endpoints":[{"address":"10.0.0.1"}]}"#,
            "in endpoints[0].address: \"10.0.0.1\" is not an endpoint address"
        ),
        (#"{"endpoints":[{"address":"a:1","port":1}]}"#, "in endpoints[0].port: this key is unknown"),
        // What a log or a terminal would obey.
        (
            #"{"endpoints":[{"address":"a:1","\u0000\u001b\u202e":1}]}"#,
            #"in endpoints[0].\0\u{1B}\u{202E}: this key is unknown"#
        ),
        (
            #"{"endpoints":[{"address":"a:1","weight":-1}]}"#,
            "endpoints[0].weight: expected an integer from 0 to 4294967295"
        ),
        (#"{"endpoints":[{"address":"a:1","weight":1.5}]}"#, "endpoints[0].weight: expected an integer"),
        (#"{"endpoints":[{"address":"a:1","weight":1e3}]}"#, "endpoints[0].weight: expected an integer"),
        (#"{"endpoints":[{"address":"a:1","weight":01}]}"#, "endpoints[0].weight: expected an integer"),
        (#"{"endpoints":[{"address":"a:1","weight":4294967296}]}"#, "endpoints[0].weight: expected an integer"),
        (#"{"endpoints":[{"address":"a:1","weight":"1"}]}"#, "endpoints[0].weight: expected an integer"),
        (
            #"{"endpoints":[{"address":"a:1","locality":{"rack":""}}]}"#,
            "endpoints[0].locality.rack: this key is unknown"
        ),
        (#"{"endpoints":[{"address":"a:1","metadata":{"k":1}}]}"#, "endpoints[0].metadata.k: expected a string"),
        (#"{"endpoints":[{"address":"a:1","identity":{}}]}"#, "endpoints[0].identity: there must be one of"),
        (
            #"{"endpoints":[{"address":"a:1","identity":{"dnsName":"a","trustDomain":"b"}}]}"#,
            "endpoints[0].identity: there must be one of"
        ),
        (#"{"endpoints":[{"address":"a:1","identity":{"spiffe":"prod/users"}}]}"#, "a SPIFFE ID looks like"),
        (#"{"endpoints":[{"address":"a:1","identity":{"spiffe":"spiffe:///x"}}]}"#, "a SPIFFE ID looks like"),
        (#"{"endpoints":[{"address":"a:1","identity":{"trustDomain":"spiffe://x"}}]}"#, "a trust domain is a name"),
        (
            #"{"endpoints":[{"address":"a:1","identity":{"spiffePattern":"spiffe://x/"}}]}"#,
            "a pattern of SPIFFE IDs looks like"
        ),
        (
            #"{"endpoints":[{"address":"a:1","identity":{"spiffe":"spiffe://x/y","spiffePattern":"spiffe://x/*"}}]}"#,
            "endpoints[0].identity: there must be one of spiffe, spiffePattern"
        ),
        (
            #"{"endpoints":[{"address":"a:1"},{"address":"b:1"},{"address":"a:1"}]}"#,
            "in endpoints[2]: a:1 was listed before, as endpoints[0]"
        ),
        (
            "{\"endpoints\":[{\"address\":\"a:1",
            "the file ends where the end of a string should come; is it being written?"
        ),
        ("{\"endpoints\":[{\"address\":\"a\n:1\"}]}", "a control character in a string must be escaped"),
        (#"{"endpoints":[{"address":"\x"}]}"#, "there is no such escape"),
        (#"{"endpoints":[{"address":"\ud800"}]}"#, "a surrogate stands alone"),
        (#"{"endpoints":[{"address":"\ud800\u0041"}]}"#, "a surrogate stands alone"),
        (#"{"endpoints":[{"address":"\udc00"}]}"#, "a surrogate stands alone"),
        (#"{"endpoints":[{"address":"\u00g0"}]}"#, "\\u needs four hexadecimal digits"),
        (#"{"endpoints":[{"address":"\u00"#, "the file ends where four hexadecimal digits should come"),
        ("{\"endpoints\":[{\"metadata\":{\"ééé\":1}}]}", "line 1, column 34"),
    ])
    func `names line, column, place and reason`(text: String, reason: String) throws {
        let error = try #require(throws: DocumentError.self) { try parse(text) }
        #expect(error.description.contains(reason), "\(error)")
    }

    @Test func `a string must be UTF-8`() throws {
        let bytes = Array(#"{"endpoints":[{"address":""#.utf8) + [0xFF, 0x22]
        let error = try #require(throws: DocumentError.self) { try parse(bytes) }
        #expect(error.reason == "a string is not valid UTF-8")
    }

    @Test func `no prefix of a file is a set, and no byte of it can be changed into a trap`() {
        let whole = Array(
            #"{"endpoints":[{"address":"10.0.0.1:80","weight":2,"metadata":{"k":"\u00e9"}},{"address":"b:1"}]}"#.utf8
        )
        for length in 0..<whole.count {
            #expect(throws: DocumentError.self) { try parse(Array(whole[..<length])) }
        }
        var random = SplitMix64(seed: 42)
        for _ in 0..<5_000 {
            var bytes = whole
            for _ in 0...Int.random(in: 0..<4, using: &random) {
                let index = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[index] = .random(in: 0...255, using: &random)
                case 1: bytes.remove(at: index)
                default: bytes.insert(.random(in: 0...255, using: &random), at: index)
                }
            }
            // Either is fine; what counts is that it returns.
            _ = try? parse(bytes)
        }
    }

    @Test func `nesting is no way to exhaust the stack`() {
        #expect(throws: DocumentError.self) { try parse(Array(repeating: UInt8(ascii: "["), count: 1_000_000)) }
        #expect(throws: DocumentError.self) {
            try parse("{\"endpoints\":" + String(repeating: "[", count: 1_000_000))
        }
    }
}
