#if AsyncHTTPClient
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

    /// Runs a process to its end and returns what it printed.
    static func output(of process: Process) throws -> String {
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
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
