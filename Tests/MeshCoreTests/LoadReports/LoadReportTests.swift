import MeshCore
import Testing

@Suite("Load report")
struct LoadReportTests {
    /// The example of Envoy's `orca_parser_test.cc`.
    static let example: LoadReport = {
        do {
            return try LoadReport(
                cpuUtilization: 0.7,
                memoryUtilization: 0.9,
                applicationUtilization: 0.8,
                requestsPerSecond: 1000,
                errorsPerSecond: 2,
                namedMetrics: ["foo": 123, "bar": 0.2]
            )
        } catch { preconditionFailure("\(error)") }
    }()

    private func error(_ encoded: String, as format: LoadReport.Format) -> LoadReportError? {
        do {
            _ = try LoadReport(encoded, as: format)
            return nil
        } catch {
            return error
        }
    }

    @Test("refuses what is no load")
    func validation() throws {
        for value in [-0.1, .nan, .infinity, -.infinity] {
            #expect(throws: LoadReportError.self) { try LoadReport(cpuUtilization: value) }
            #expect(throws: LoadReportError.self) { try LoadReport(memoryUtilization: value) }
            #expect(throws: LoadReportError.self) { try LoadReport(applicationUtilization: value) }
            #expect(throws: LoadReportError.self) { try LoadReport(requestsPerSecond: value) }
            #expect(throws: LoadReportError.self) { try LoadReport(errorsPerSecond: value) }
            #expect(throws: LoadReportError.self) { try LoadReport(namedUtilization: ["disk": value]) }
        }
        #expect(throws: LoadReportError.emptyName) { try LoadReport(namedMetrics: ["": 1]) }
        #expect(throws: LoadReportError.invalidValue(name: "named_metrics.a", value: .infinity)) {
            try LoadReport(namedMetrics: ["a": .infinity])
        }
        #expect(try LoadReport(cpuUtilization: 3, namedMetrics: ["balance": -4]).namedMetrics == ["balance": -4])
    }

    // MARK: Text

    @Test(
        "reads text with either separator",
        arguments: [
            "cpu_utilization:0.7,application_utilization:0.8,mem_utilization:0.9,rps_fractional:1000,eps:2,"
                + "named_metrics.foo:123,named_metrics.bar:0.2",
            "cpu_utilization=0.7, application_utilization=0.8, mem_utilization=0.9, rps_fractional=1e3, eps=2, "
                + "named_metrics.foo=123, named_metrics.bar=0.2, request_cost.bytes=3487",
            " , cpu_utilization = 0.7\t,mem_utilization=.9,application_utilization=0.80,eps=+2.0,rps_fractional=1000,"
                + ",named_metrics.bar=2e-1,named_metrics.foo=123 ,",
        ]
    )
    func text(_ text: String) throws {
        #expect(try LoadReport(text, as: .text) == Self.example)
    }

    @Test("reads a share of a resource of the application's own")
    func namedUtilization() throws {
        #expect(try LoadReport("utilization.disk=0.5", as: .text).namedUtilization == ["disk": 0.5])
        #expect(try LoadReport("", as: .text) == LoadReport())
    }

    @Test(
        "refuses text as Envoy does",
        arguments: [
            ("cpu_utilization:0.7,cpu_utilization:0.8", .duplicate(name: "cpu_utilization")),
            (
                "named_metrics.foo:123,named_metrics.duplicate:123,named_metrics.duplicate:0.2",
                .duplicate(name: "named_metrics.duplicate")
            ),
            ("cpu_utilization:0.7,unsupported_metric:0.8", .unknown(name: "unsupported_metric")),
            ("named_metrics.:123", .emptyName),
            (":1", .emptyName),
            ("cpu_utilization:\"0.7\"", .notANumber(name: "cpu_utilization", text: "\"0.7\"")),
            ("cpu_utilization:nan", .notANumber(name: "cpu_utilization", text: "nan")),
            ("cpu_utilization:inf", .notANumber(name: "cpu_utilization", text: "inf")),
            ("cpu_utilization=0x1p3", .notANumber(name: "cpu_utilization", text: "0x1p3")),
            ("cpu_utilization=1e999", .invalidValue(name: "cpu_utilization", value: .infinity)),
            ("cpu_utilization=-0.1", .invalidValue(name: "cpu_utilization", value: -0.1)),
            (
                "not-a-list-of-key-value-pairs",
                .notANumber(name: "not-a-list-of-key-value-pairs", text: "")
            ),
        ] as [(String, LoadReportError)]
    )
    func refusedText(text: String, expected: LoadReportError) {
        #expect(error(text, as: .text) == expected)
    }

    // MARK: JSON

    @Test(
        "reads JSON as protobuf does",
        arguments: [
            """
            {"cpu_utilization": 0.7, "application_utilization": 0.8, "mem_utilization": 0.9, "rps_fractional": 1000, \
            "eps": 2, "named_metrics": {"foo": 123,"bar": 0.2}}
            """,
            """
            {"cpuUtilization":0.7,"applicationUtilization":0.8,"memUtilization":"0.9","rps":"1000","eps":2.0, \
            "namedMetrics":{"foo":123,"bar":2e-1},"requestCost":{"bytes":3},"utilization":null}
            """,
        ]
    )
    func json(_ text: String) throws {
        #expect(try LoadReport(text, as: .json) == Self.example)
    }

    @Test(
        "refuses other JSON",
        arguments: [
            "", "JSON not-a-valid-json-string", "[]", "{\"cpu_utilization\": 0.7", "{\"unknown_field\": 2}",
            "{\"cpu_utilization\": \"\"}", "{\"cpu_utilization\": true}", "{\"cpu_utilization\": {}}",
            "{\"cpu_utilization\": \"NaN\"}", "{\"cpu_utilization\": -1}", "{\"cpu_utilization\": \"Infinity\"}",
            "{\"cpu_utilization\": 0.7, \"cpuUtilization\": 0.7}", "{\"eps\": 1, \"eps\": 1}",
            "{\"named_metrics\": {\"\": 1}}", "{\"named_metrics\": {\"a\": 1, \"a\": 2}}", "{\"rps\": 1.5}",
            "{\"eps\": 1e999}", "{} {}",
        ]
    )
    func refusedJSON(text: String) {
        #expect(error(text, as: .json) != nil)
    }

    // MARK: Binary

    /// Written by hand from the wire format: the example, with the maps' entries in the order of their names.
    static let exampleBytes: [UInt8] = [
        0x09, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0xE6, 0x3F,  // 1: 0.7
        0x11, 0xCD, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xEC, 0x3F,  // 2: 0.9
        0x31, 0x00, 0x00, 0x00, 0x00, 0x00, 0x40, 0x8F, 0x40,  // 6: 1000
        0x39, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x40,  // 7: 2
        0x42, 0x0E, 0x0A, 0x03, 0x62, 0x61, 0x72, 0x11, 0x9A, 0x99, 0x99, 0x99, 0x99, 0x99, 0xC9, 0x3F,  // 8: bar
        0x42, 0x0E, 0x0A, 0x03, 0x66, 0x6F, 0x6F, 0x11, 0x00, 0x00, 0x00, 0x00, 0x00, 0xC0, 0x5E, 0x40,  // 8: foo
        0x49, 0x9A, 0x99, 0x99, 0x99, 0x99, 0x99, 0xE9, 0x3F,  // 9: 0.8
    ]

    @Test("reads and writes the wire format")
    func binary() throws {
        let text = Base64.encode(Self.exampleBytes)
        #expect(try LoadReport(text, as: .binary) == Self.example)
        #expect(try LoadReport(text.filter { $0 != "=" }, as: .binary) == Self.example)
        #expect(try Self.example.encoded(as: .binary) == text)
    }

    /// The example in the comments of vLLM's `orca_metrics.py` and in the ORCA document: two maps and a CPU utilization.
    @Test("reads what others wrote")
    func foreign() throws {
        let report = try LoadReport("CZqZmZmZmbk/MQAAAAAAAABAQg4KA2ZvbxGamZmZmZm5P0IOCgNiYXIRmpmZmZmZyT8=", as: .binary)
        #expect(
            try report
                == LoadReport(cpuUtilization: 0.1, requestsPerSecond: 2, namedMetrics: ["foo": 0.1, "bar": 0.2])
        )
    }

    @Test("keeps to protobuf's rules")
    func rules() throws {
        func read(_ bytes: [UInt8]) throws -> LoadReport { try LoadReport(Base64.encode(bytes), as: .binary) }
        // Unknown fields of every type, then rps = 300.
        let unknown: [UInt8] = [0x50, 0x80, 0x01, 0x5A, 0x01, 0x41, 0x65, 1, 2, 3, 4, 0x69, 1, 2, 3, 4, 5, 6, 7, 8]
        #expect(try read(unknown + [0x18, 0xAC, 0x02]).requestsPerSecond == 300)
        // rps_fractional comes before rps.
        let fractional: [UInt8] = [0x31, 0x00, 0x00, 0x00, 0x00, 0x00, 0x40, 0x8F, 0x40]
        #expect(try read(fractional + [0x18, 0x01]).requestsPerSecond == 1000)
        // The last one counts; what a map's entry lacks is 0.
        #expect(try read(Self.exampleBytes + fractional).requestsPerSecond == 1000)
        #expect(try read(Self.exampleBytes + [0x42, 0x05, 0x0A, 0x03, 0x66, 0x6F, 0x6F]).namedMetrics["foo"] == 0)
    }

    @Test(
        "refuses what is no such message",
        arguments: [
            [0x09], [0x09, 1, 2, 3, 4, 5, 6, 7],  // breaks off
            [0x08, 0x01], [0x19, 0, 0, 0, 0, 0, 0, 0, 0], [0x40, 0x01],  // of another type
            [0x0B], [0x0C], [0x0E], [0x0F],  // groups, and types that do not exist
            [0x00, 0x01], [0x01, 0, 0, 0, 0, 0, 0, 0, 0],  // field 0
            [0x42, 0x7F], [0x42, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01],  // too long
            [0x50, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x02],  // more than 64 bits
            [0x50, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00],
            [0x42, 0x03, 0x0A, 0x01, 0xFF],  // not UTF-8
            [0x42, 0x00],  // no name
            [0x09, 0, 0, 0, 0, 0, 0, 0xF8, 0x7F], [0x09, 0, 0, 0, 0, 0, 0, 0xF0, 0xBF],  // NaN, -1
        ] as [[UInt8]]
    )
    func refusedBytes(bytes: [UInt8]) {
        #expect(error(Base64.encode(bytes), as: .binary) != nil)
    }

    @Test(
        "refuses what is no base64",
        arguments: ["", "A", "AAAAA", "AA=", "A===", "=AAA", "AA=A", "AB==", "AAB=", "A A="]
    )
    func refusedBase64(text: String) {
        #expect(error(text, as: .binary) != nil)
    }

    @Test("does not look at what is too long", arguments: LoadReport.Format.allCases)
    func tooLong(format: LoadReport.Format) {
        let text = String(repeating: "A", count: LoadReport.maximumEncodedLength + 1)
        #expect(error(text, as: format) == .tooLong(bytes: text.utf8.count))
    }

    @Test("text cannot carry every name")
    func unwritable() throws {
        for name in ["a b", "a,b", "a=b", "a:b", "ä", "a\r\nb"] {
            let report = try LoadReport(namedMetrics: [name: 1])
            #expect(throws: LoadReportError.unwritable(name: name)) { try report.encoded(as: .text) }
            for format in [LoadReport.Format.binary, .json] {
                let encoded = try report.encoded(as: format)
                #expect(encoded.utf8.allSatisfy { (0x20...0x7E).contains($0) })
                #expect(try LoadReport(encoded, as: format) == report)
            }
        }
    }

    @Test("an error shows neither control characters nor much of what was sent")
    func description() {
        let text =
            error("cpu_utilization=\u{1B}[31m" + String(repeating: "x", count: 999), as: .text)?.description ?? ""
        #expect(text.count < 200 && !text.contains("\u{1B}"))
    }
}
