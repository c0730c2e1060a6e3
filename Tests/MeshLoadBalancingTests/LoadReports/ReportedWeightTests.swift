import MeshCore
import Synchronization
import Testing

@testable import MeshLoadBalancing

@Suite("Reported weight")
struct ReportedWeightTests {
    private let parameters = ReportedWeights()

    private static func report(
        cpu: Double = 0,
        application: Double = 0,
        rate: Double = 0,
        errors: Double = 0
    ) throws -> LoadReport {
        try LoadReport(
            cpuUtilization: cpu,
            applicationUtilization: application,
            requestsPerSecond: rate,
            errorsPerSecond: errors
        )
    }

    @Test("the defaults are those of gRFC A58")
    func defaults() {
        #expect(parameters.blackoutPeriod == .seconds(10))
        #expect(parameters.expirationPeriod == .seconds(180))
        #expect(parameters.updatePeriod == .seconds(1))
        #expect(parameters.errorPenalty == 1)
        #expect(ReportedWeights(updatePeriod: .milliseconds(1)).updatePeriod == .milliseconds(100))
    }

    @Test(
        "the weight is the rate over the utilization with its penalty",
        arguments: [
            (0.5, 0, 100, 0, 1, 200),
            (0.5, 0.25, 100, 0, 1, 400),  // what the application says comes first
            (0.5, 0, 100, 25, 1, 100 / 0.75),
            (0.5, 0, 100, 25, 2, 100),
            (0.5, 0, 100, 25, 0, 200),
            (0.5, 0, 100, 100, 1, 100 / 1.5),
            (0, 0, 100, 0, 1, nil),
            (0.5, 0.5, 0, 3, 1, nil),
            (0, 0, 100, 50, 1, nil),  // errors alone are no load
        ] as [(Double, Double, Double, Double, Double, Double?)]
    )
    func formula(
        cpu: Double,
        application: Double,
        rate: Double,
        errors: Double,
        penalty: Double,
        expected: Double?
    ) throws {
        let report = try Self.report(cpu: cpu, application: application, rate: rate, errors: errors)
        let weight = ReportedWeights(errorPenalty: penalty).weight(of: report)
        #expect(weight == expected)
    }

    @Test("extreme reports have weights that can be added up")
    func extremes() throws {
        for report in [
            try Self.report(cpu: .leastNonzeroMagnitude, rate: .greatestFiniteMagnitude),
            try Self.report(cpu: 1, rate: .leastNonzeroMagnitude, errors: .greatestFiniteMagnitude),
        ] {
            let weight = parameters.weight(of: report)
            #expect(weight == nil || (weight ?? 0) > 0 && (weight ?? 0) <= 1e30)
        }
    }

    /// A step of the story below.
    private enum Step {
        case report(Double)
        case reset
        case expect(ReportedLoad.Reading)
    }

    @Test("blackout, use, expiry and blackout again, as in gRFC A58")
    func story() throws {
        let story: [(seconds: Int, Step)] = [
            (0, .expect(.notYetUsable)),
            (0, .report(100)),
            (5, .report(200)),
            (9, .expect(.notYetUsable)),
            (10, .expect(.usable(200))),
            (11, .report(300)),
            (11, .expect(.usable(300))),
            (190, .expect(.usable(300))),
            (191, .expect(.expired)),
            (192, .report(400)),
            (192, .expect(.notYetUsable)),
            (201, .expect(.notYetUsable)),
            (202, .expect(.usable(400))),
            // It could not be asked for a while: the weight stays, but must prove itself.
            (203, .reset),
            (203, .expect(.notYetUsable)),
            (210, .report(500)),
            (219, .expect(.notYetUsable)),
            (220, .expect(.usable(500))),
            // Nobody looked when it expired.
            (400, .report(600)),
            (409, .expect(.notYetUsable)),
            (410, .expect(.usable(600))),
        ]
        let shared = ReportedLoad()
        for (seconds, step) in story {
            let now = MeshInstant.start + .seconds(seconds)
            switch step {
            case .report(let rate):
                let report = try Self.report(cpu: 1, rate: rate)
                shared.record(report, by: parameters, at: now)
            case .reset:
                shared.reset()
            case .expect(let reading):
                #expect(shared.reading(by: parameters, at: now) == reading, "\(seconds) s")
            }
        }
    }

    @Test("a report of no load neither counts nor keeps an old one alive")
    func empty() throws {
        let shared = ReportedLoad()
        let parameters = ReportedWeights(blackoutPeriod: .zero)
        for (seconds, rate) in [(0, 100.0), (100, 0), (179, 0)] {
            let report = try Self.report(cpu: 1, rate: rate)
            shared.record(report, by: parameters, at: .start + .seconds(seconds))
        }
        #expect(shared.reading(by: parameters, at: .start + .seconds(179)) == .usable(100))
        #expect(shared.reading(by: parameters, at: .start + .seconds(180)) == .expired)
    }

    @Test("of several reports in a millisecond the first is kept")
    func granularity() throws {
        let shared = ReportedLoad()
        let parameters = ReportedWeights(blackoutPeriod: .zero)
        #expect(shared.takesReport(at: .start))
        shared.record(try Self.report(cpu: 1, rate: 1), by: parameters, at: .start)
        #expect(!shared.takesReport(at: .start + .microseconds(999)))
        shared.record(try Self.report(cpu: 1, rate: 2), by: parameters, at: .start + .microseconds(999))
        #expect(shared.reading(by: parameters, at: .start).weight == 1)
        // A thread whose clock reading is a little older.
        #expect(!shared.takesReport(at: MeshInstant(nanoseconds: MeshInstant.start.nanoseconds - 1)))
        #expect(shared.takesReport(at: .start + .milliseconds(1)))
        shared.record(try Self.report(cpu: 1, rate: 3), by: parameters, at: .start + .milliseconds(1))
        #expect(shared.reading(by: parameters, at: .start).weight == 3)
    }

    @Test("threads record while one reads")
    func threads() async throws {
        let shared = ReportedLoad()
        let parameters = ReportedWeights(blackoutPeriod: .milliseconds(10))
        let time = Time()
        await withTaskGroup(of: Void.self) { group in
            for rate in 1...4 {
                group.addTask {
                    guard let report = try? Self.report(cpu: 1, rate: Double(rate)) else { return }
                    for _ in 0..<20_000 {
                        let now = time.advance()
                        shared.record(report, by: parameters, at: now)
                    }
                }
            }
            group.addTask {
                for _ in 0..<20_000 {
                    let now = time.now
                    if let weight = shared.reading(by: parameters, at: now).weight {
                        #expect([1, 2, 3, 4].contains(weight))
                    }
                }
            }
        }
        #expect(
            shared.reading(by: parameters, at: time.now).weight != nil
        )
    }
}

private final class Time: Sendable {
    private let nanoseconds = Atomic<UInt64>(MeshInstant.start.nanoseconds)

    var now: MeshInstant { MeshInstant(nanoseconds: nanoseconds.load(ordering: .relaxed)) }

    func advance() -> MeshInstant {
        MeshInstant(nanoseconds: nanoseconds.wrappingAdd(10_000, ordering: .relaxed).newValue)
    }
}
