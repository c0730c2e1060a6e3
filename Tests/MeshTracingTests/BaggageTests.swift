import MeshCore
import MeshTracing
import Testing

/// The vectors of the W3C tests (w3c/baggage, test/test_baggage.py), those of the specification's text, and the limits.
@Suite struct BaggageTests {
    @Test(
        "members are read and printed without white space",
        arguments: [
            ("SomeKey=SomeValue", "SomeKey=SomeValue"),
            (
                "SomeKey=SomeValue;SomeProp,SomeKey2=SomeValue2;ValueProp=PropVal",
                "SomeKey=SomeValue;SomeProp,SomeKey2=SomeValue2;ValueProp=PropVal"
            ),
            (
                "SomeKey \t = \t SomeValue \t ; \t SomeProp \t , \t SomeKey2 \t = \t SomeValue2 \t ; \t ValueProp \t = \t PropVal",
                "SomeKey=SomeValue;SomeProp,SomeKey2=SomeValue2;ValueProp=PropVal"
            ),
            (
                "key1=value1;property1;property2, key2 = value2, key3=value3; propertyKey=propertyValue",
                "key1=value1;property1;property2,key2=value2,key3=value3;propertyKey=propertyValue"
            ),
            ("userId =   alice", "userId=alice"),
            ("SomeKey=SomeValue=equals", "SomeKey=SomeValue=equals"),
            ("empty=", "empty="),
            ("a=1;p=", "a=1;p="),
            (
                "userId=Am%C3%A9lie,serverNode=DF%2028,isProduction=false",
                "userId=Am%C3%A9lie,serverNode=DF%2028,isProduction=false"
            ),
            ("!#$%&'*+-.^_`|~=1", "!#$%&'*+-.^_`|~=1"),
            ("k=!#$%&'()*+-./:<=>?@[]^_`{|}~", "k=!#$%&'()*+-./:<=>?@[]^_`{|}~"),
            (
                "SomeKey=SomeValue;ValueProp%20%09%20%3D%20%09%20PropVal",
                "SomeKey=SomeValue;ValueProp%20%09%20%3D%20%09%20PropVal"
            ),
            // Duplicates stay, in order.
            ("a=1,b=2,a=3", "a=1,b=2,a=3"),
        ]
    )
    func reads(header: String, printed: String) {
        #expect(Baggage(header).description == printed)
    }

    @Test(
        "malformed members are dropped, the others stay",
        arguments: [
            ("", ""), (" ,\t,", ""), ("a", ""), ("a,b=1", "b=1"), ("=1,b=2", "b=2"), ("a b=1,c=2", "c=2"),
            ("a=x y,c=2", "c=2"),
            ("a=\"x\",c=2", "c=2"), ("a=\\,c=2", "c=2"), ("a=ä,c=2", "c=2"), ("ä=1,c=2", "c=2"), ("a=1;,c=2", "c=2"),
            ("a=1;;p,c=2", "c=2"), ("a=1;p q,c=2", "c=2"), ("a=1;=v,c=2", "c=2"), ("a;p=1,c=2", "c=2"),
            ("a(b)=1,c=2", "c=2"),
            ("c=2,a=\u{1}", "c=2"), ("a=1,,b=2", "a=1,b=2"),
        ]
    )
    func drops(header: String, printed: String) {
        #expect(Baggage(header).description == printed)
    }

    @Test func `several headers are one list`() {
        let baggage = Baggage(headerValues: ["userId=alice", "serverNode=DF%2028,isProduction=false"])
        #expect(baggage.entries.map(\.key) == ["userId", "serverNode", "isProduction"])
        #expect(baggage["serverNode"] == "DF 28")
        #expect(baggage["other"] == nil)
        #expect(Baggage(headerValues: []).isEmpty)
    }

    @Test func `entries have decoded values and properties in order`() throws {
        let entries = Baggage("k=a%3Db;p;p=1;p=%C3%A9,l=2").entries
        try #require(entries.count == 2)
        #expect(entries[0].value == "a=b")
        #expect(entries[0].properties.map(\.key) == ["p", "p", "p"])
        #expect(entries[0].properties.map(\.value) == [nil, "1", "é"])
        #expect(entries[1].properties.isEmpty)
    }

    @Test func `a property without a value is not decoded`() {
        let property = Baggage("SomeKey=SomeValue;ValueProp%20%09%20%3D%20%09%20PropVal").entries[0].properties[0]
        #expect(property.key == "ValueProp%20%09%20%3D%20%09%20PropVal")
        #expect(property.value == nil)
    }

    @Test(
        "values survive the escapes",
        arguments: ["\t \"';=asdf!@#$%^&*()", "Amélie", "DF 28", "100%", "%41", "a,b;c\\d", "", "\0\u{7F}", "日本"]
    )
    func roundTrip(value: String) throws {
        var baggage = Baggage()
        try baggage.set(Baggage.Entry(key: "k", value: value, properties: [Baggage.Property(key: "p", value: value)]))
        let read = Baggage(baggage.description)
        #expect(read == baggage)
        #expect(read["k"] == value)
        #expect(read.entries[0].properties[0].value == value)
    }

    @Test(
        "what is not UTF-8 becomes the replacement character, what is no escape stays",
        arguments: [
            ("a=%FF", "\u{FFFD}"), ("a=%C3%28", "\u{FFFD}("), ("a=%e4%BD%a0", "你"), ("a=%", "%"), ("a=%4", "%4"),
            ("a=%zz", "%zz"),
        ]
    )
    func decodes(header: String, value: String) {
        #expect(Baggage(header)["a"] == value)
    }

    @Test func `setting replaces all entries of the key, the last of duplicates counts`() throws {
        var baggage = Baggage("a=1,b=2,a=3,ab=4")
        #expect(baggage["a"] == "3")
        try baggage.set(Baggage.Entry(key: "a", value: "x y"))
        #expect("\(baggage)" == "b=2,ab=4,a=x%20y")
        baggage.remove("b")
        #expect("\(baggage)" == "ab=4,a=x%20y")
    }

    @Test("a key is a token", arguments: ["", "a b", "a=b", "ä", "a,b", "a;b", "\"a\""])
    func refusesKey(key: String) {
        #expect(throws: InvalidBaggageError.self) { try Baggage.Entry(key: key, value: "1") }
        #expect(throws: InvalidBaggageError.self) { try Baggage.Property(key: key) }
    }

    @Test func `64 members and 8192 bytes are passed on, and up to 180 members`() {
        let sixtyFour = (0..<64).map { "key\($0)=value" }.joined(separator: ",")
        #expect(Baggage(sixtyFour).description == sixtyFour)
        let long = "a=" + String(repeating: "0123456789", count: 819)
        #expect(long.utf8.count == 8192)
        #expect(Baggage(long).description == long)
        #expect(Baggage(long + "x").isEmpty)
        #expect(Baggage((0..<200).map { "k\($0)=" }.joined(separator: ",")).entries.count == 180)
    }

    @Test func `a member too many is dropped as a whole, a later one that fits is kept`() {
        let large = String(repeating: "x", count: 5000)
        #expect(Baggage("a=\(large),b=\(large),c=1").entries.map(\.key) == ["a", "c"])
        #expect(Baggage(headerValues: ["a=\(large)", "b=\(large)"]).entries.map(\.key) == ["a"])
    }

    @Test func `an entry beyond the limits is refused and nothing changes`() throws {
        var baggage = Baggage("a=1")
        let tooLong = try Baggage.Entry(key: "b", value: String(repeating: " ", count: 3000))
        #expect(throws: InvalidBaggageError.self) { try baggage.set(tooLong) }
        #expect("\(baggage)" == "a=1")
        var full = Baggage((0..<180).map { "k\($0)=" }.joined(separator: ","))
        #expect(throws: InvalidBaggageError.self) { try full.set(Baggage.Entry(key: "more", value: "")) }
        try full.set(Baggage.Entry(key: "k7", value: "changed"))
        #expect(full.entries.count == 180)
        #expect(full["k7"] == "changed")
    }

    @Test("no bytes make the parser trap, and what it reads it prints stably", arguments: [1, 2, 3] as [UInt64])
    func randomBytes(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        let alphabet = Array("aabb%2===;, \t\"C\\".utf8) + [0, 0xC3, 0xFF]
        var read = 0
        for _ in 0..<20_000 {
            let bytes = (0..<Int.random(in: 0...16, using: &generator)).map { _ in
                alphabet.randomElement(using: &generator) ?? 0
            }
            let baggage = Baggage(String(decoding: bytes, as: UTF8.self))
            try #require(Baggage(baggage.description) == baggage)
            let entries = baggage.entries
            if entries.isEmpty { continue }
            read += 1
            try #require(Baggage(entries.map(\.description).joined(separator: ",")).entries == entries)
        }
        #expect(read > 500)
    }
}
