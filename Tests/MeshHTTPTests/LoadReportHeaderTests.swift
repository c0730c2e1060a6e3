import MeshCore
import MeshHTTP
import Testing

@Suite("Load report header")
struct LoadReportHeaderTests {
    private func read(_ headers: [String: String]) throws -> LoadReport? {
        try LoadReportHeader.report { headers[$0] }
    }

    @Test("reads every format, and a response without a report")
    func formats() throws {
        let report = try LoadReport(cpuUtilization: 0.1, requestsPerSecond: 2, namedMetrics: ["foo": 0.1, "bar": 0.2])
        let base64 = "CZqZmZmZmbk/MQAAAAAAAABAQg4KA2ZvbxGamZmZmZm5P0IOCgNiYXIRmpmZmZmZyT8="
        #expect(try read([:]) == nil)
        #expect(try read(["endpoint-load-metrics-bin": base64]) == report)
        #expect(try read(["endpoint-load-metrics": "BIN " + base64]) == report)
        let text = "TEXT cpu_utilization:0.1,rps_fractional:2,named_metrics.foo:0.1,named_metrics.bar:0.2"
        #expect(try read(["endpoint-load-metrics": text]) == report)
        let json = #"JSON {"cpu_utilization":0.1,"rps_fractional":2,"named_metrics":{"foo":0.1,"bar":0.2}}"#
        #expect(try read(["endpoint-load-metrics": json]) == report)
    }

    @Test("the binary header comes first, even if it is broken")
    func precedence() throws {
        let other = "TEXT cpu_utilization=0.7"
        let binary = try LoadReportHeader.field(for: LoadReport(cpuUtilization: 0.2)).value
        #expect(
            try read(["endpoint-load-metrics": other, "endpoint-load-metrics-bin": binary])?.cpuUtilization == 0.2
        )
        #expect(throws: LoadReportError.self) {
            try read(["endpoint-load-metrics": other, "endpoint-load-metrics-bin": "not-a-valid-binary-proto"])
        }
    }

    @Test(
        "refuses other formats as Envoy does",
        arguments: [("BAD random-value", "BAD"), ("", ""), ("TEXT", "TEXT"), ("cpu_utilization=1", "cpu_u")]
    )
    func unknown(value: String, prefix: String) {
        #expect(throws: LoadReportError.unknownFormat(prefix)) { try read(["endpoint-load-metrics": value]) }
    }

    @Test("what a server writes is read again", arguments: LoadReport.Format.allCases)
    func roundTrip(format: LoadReport.Format) throws {
        let report = try LoadReport(applicationUtilization: 0.5, errorsPerSecond: 1, namedUtilization: ["disk": 0.25])
        let field = try LoadReportHeader.field(for: report, as: format)
        #expect(try read([field.name: field.value]) == report)
    }
}

#if HTTP
import HTTPTypes

extension LoadReportHeaderTests {
    @Test("headers and trailers carry a report")
    func fields() throws {
        var fields = HTTPFields()
        #expect(try fields.loadReport() == nil)
        let report = try LoadReport(cpuUtilization: 0.5, requestsPerSecond: 10)
        try fields.setLoadReport(report, as: .json)
        #expect(try fields.loadReport() == report)
        try fields.setLoadReport(LoadReport(cpuUtilization: 0.25))
        #expect(try fields.loadReport()?.cpuUtilization == 0.25)
        #expect(fields.count == 2)
    }
}
#endif
