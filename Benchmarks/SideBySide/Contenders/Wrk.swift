#if AsyncHTTPClient && Transport
import Foundation

/// wrk, which is not a client to build a service on: it shows how fast the backend is.
struct Wrk: PeerProgram {
    let peers: [String]
    private let program: String
    private let address: String

    init(addresses: [String]) throws {
        guard let program = Command.find("wrk") else { throw MissingPeer(install: Install.wrk) }
        self.program = program
        address = addresses[0]
        peers = ["wrk \(Self.version(of: program))"]
    }

    func measure(_ job: Job) throws -> Measurement {
        guard case .closed(let inFlight) = job.load else { throw KeepsNoRate(client: "wrk") }
        // It divides the connections by the threads and drops the rest.
        let threads = inFlight > 1 && inFlight.isMultiple(of: 2) ? 2 : 1
        let seconds = Int(job.seconds.rounded(.up))
        let process = Command.process(
            program,
            [
                "-t", "\(threads)", "-c", "\(inFlight)", "-d", "\(seconds)s", "--latency",
                "http://\(address)\(job.load.path)",
            ]
        )
        let before = ProcessUsage.ofEndedChildren
        let (output, peakResidentBytes) = try Command.outputAndPeakMemory(of: process)
        let cpu = ProcessUsage.ofEndedChildren - before
        let report = try WrkReport(output)
        return Measurement(
            rps: report.rps,
            p50Us: report.p50Us,
            p99Us: report.p99Us,
            cpuUsPerRequest: cpu / .microseconds(1) / Double(report.requests),
            rssMb: Double(peakResidentBytes ?? 0) / 1_048_576
        )
    }

    /// It prints its version with its usage, and fails.
    private static func version(of program: String) -> String {
        let process = Command.process(program, ["-v"])
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return "of unknown version" }
        let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return text.split(whereSeparator: \.isWhitespace).dropFirst().first.map(String.init) ?? "of unknown version"
    }
}

/// A peer that was asked to keep a rate and can only saturate.
struct KeepsNoRate: Error, CustomStringConvertible {
    let client: String

    var description: String { "\(client) knows closed loops only" }
}
#endif
