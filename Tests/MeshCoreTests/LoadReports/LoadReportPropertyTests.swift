import MeshCore
import Testing

@Suite("Load report, any input")
struct LoadReportPropertyTests {
    private static func report(_ random: inout SplitMix64) throws -> LoadReport {
        func number(_ random: inout SplitMix64) -> Double {
            switch random.next() % 4 {
            case 0: 0
            case 1: Double(random.next() % 100) / 100
            case 2: Double(random.next() % 1_000_000)
            default: abs(Double(bitPattern: random.next())).isFinite ? Double(random.next()) * 1e-30 : 1e300
            }
        }
        func map(_ random: inout SplitMix64) -> [String: Double] {
            var map: [String: Double] = [:]
            for _ in 0..<random.next() % 4 { map["m\(random.next() % 1000)"] = number(&random) }
            return map
        }
        return try LoadReport(
            cpuUtilization: number(&random),
            memoryUtilization: number(&random),
            applicationUtilization: number(&random),
            requestsPerSecond: number(&random),
            errorsPerSecond: number(&random),
            namedUtilization: map(&random),
            namedMetrics: map(&random)
        )
    }

    @Test("what is written is read again", arguments: LoadReport.Format.allCases)
    func roundTrip(format: LoadReport.Format) throws {
        var random = SplitMix64(seed: 4)
        for _ in 0..<2000 {
            let report = try Self.report(&random)
            let encoded = try report.encoded(as: format)
            if encoded.isEmpty {
                #expect(try report == LoadReport())
            } else {
                #expect(try LoadReport(encoded, as: format) == report, "\(encoded)")
            }
        }
    }

    @Test("base64 is read as it was written")
    func base64() {
        var random = SplitMix64(seed: 5)
        for length in 0..<200 {
            let bytes = (0..<length).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            #expect(Base64.decode(Base64.encode(bytes)) == bytes)
        }
    }

    /// Every input is either a report whose numbers are fit to reckon with, or an error.
    @Test("random bytes are a report or an error", arguments: LoadReport.Format.allCases)
    func noise(format: LoadReport.Format) throws {
        var random = SplitMix64(seed: 6)
        let alphabet = Array("{}[]\":,.=-+eE0123456789 cpu_utilization named_metrics.rps eps null\\u00\0\u{7F}ä".utf8)
        for _ in 0..<20_000 {
            let length = Int(random.next() % 40)
            let bytes = (0..<length).map { _ in
                format == .binary
                    ? UInt8(truncatingIfNeeded: random.next()) : alphabet[Int(random.next() % UInt64(alphabet.count))]
            }
            check(format == .binary ? Base64.encode(bytes) : String(decoding: bytes, as: UTF8.self), as: format)
        }
    }

    @Test("a broken report is a report or an error", arguments: LoadReport.Format.allCases)
    func mutations(format: LoadReport.Format) throws {
        var random = SplitMix64(seed: 7)
        for _ in 0..<5000 {
            let encoded = try Self.report(&random).encoded(as: format)
            var bytes = format == .binary ? Base64.decode(encoded) ?? [] : Array(encoded.utf8)
            for _ in 0...random.next() % 3 where !bytes.isEmpty {
                let index = Int(random.next() % UInt64(bytes.count))
                switch random.next() % 3 {
                case 0: bytes[index] = UInt8(truncatingIfNeeded: random.next())
                case 1: bytes.remove(at: index)
                default: bytes.removeLast(bytes.count - index)
                }
            }
            check(format == .binary ? Base64.encode(bytes) : String(decoding: bytes, as: UTF8.self), as: format)
        }
    }

    private func check(_ text: String, as format: LoadReport.Format) {
        do {
            let report = try LoadReport(text, as: format)
            let numbers = [
                report.cpuUtilization, report.memoryUtilization, report.applicationUtilization,
                report.requestsPerSecond, report.errorsPerSecond,
            ]
            let shares = numbers + report.namedUtilization.values
            #expect(shares.allSatisfy { $0.isFinite && $0 >= 0 }, "\(text.debugDescription)")
            #expect(report.namedMetrics.allSatisfy { !$0.key.isEmpty && $0.value.isFinite })
        } catch {
            #expect(!error.description.isEmpty)
        }
    }
}
