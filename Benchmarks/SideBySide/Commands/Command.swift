#if AsyncHTTPClient && Transport
import Foundation

/// Runs other programs.
enum Command {
    /// Runs this program again and returns what it printed. Its errors appear with ours.
    static func ourselves(_ arguments: [String]) throws -> String {
        let process = process(ownPath, arguments)
        process.standardInput = Pipe()
        return try output(of: process)
    }

    /// Starts this program again, in the background.
    static func startOurselves(_ arguments: [String]) throws -> Process {
        let process = process(ownPath, arguments)
        process.standardInput = Pipe()
        try process.run()
        return process
    }

    /// A process that is ready to run.
    static func process(_ path: String, _ arguments: [String]) -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        return process
    }

    /// Starts something with no signal blocked. The threads that run Swift tasks block them all, a process inherits that
    /// from the thread that starts it, and then never hears that it should end.
    static func withAllSignals(_ start: () throws -> Void) rethrows {
        var none = sigset_t()
        var before = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        try start()
    }

    /// Runs a process to its end and returns what it printed.
    static func output(of process: Process) throws -> String {
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        return try output(of: process, from: pipe)
    }

    /// The same, for a program that prints little, and the largest resident set that was seen of it, in bytes.
    static func outputAndPeakMemory(of process: Process) throws -> (output: String, peakResidentBytes: Int?) {
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        var peak: Int?
        while process.isRunning {
            peak = OtherProcess(id: process.processIdentifier).peakResidentBytes ?? peak
            Thread.sleep(forTimeInterval: 0.05)
        }
        return (try output(of: process, from: pipe), peak)
    }

    private static func output(of process: Process, from pipe: Pipe) throws -> String {
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw CommandFailed(command: process.arguments ?? [], status: process.terminationStatus)
        }
        return String(decoding: output, as: UTF8.self)
    }

    /// Where a program is, on the search path or where system daemons live.
    static func find(_ program: String) -> String? {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        let folders =
            path.split(separator: ":").map(String.init) + ["/usr/sbin", "/usr/local/sbin", "/opt/homebrew/bin"]
        return folders.map { "\($0)/\(program)" }.first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    private static var ownPath: String { Bundle.main.executablePath ?? CommandLine.arguments[0] }
}

/// A program that ended with an error.
struct CommandFailed: Error, CustomStringConvertible {
    let command: [String]
    let status: Int32

    var description: String { "\"\(command.joined(separator: " "))\" ended with status \(status)" }
}
#endif
