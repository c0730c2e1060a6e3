#if TLS
import Foundation

/// Runs other programs.
enum Program {
    static let openssl = findProgram("openssl")
    static let curl = findProgram("curl")

    /// The program of this package, beside the bundle of the tests.
    static let meshctl: String? = {
        let places = [Bundle.main.bundlePath, Bundle.main.executablePath ?? ""] + CommandLine.arguments
        return places.lazy
            .map { URL(fileURLWithPath: $0).deletingLastPathComponent().appendingPathComponent("meshctl").path }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
            ?? (FileManager.default.isExecutableFile(atPath: ".build/debug/meshctl") ? ".build/debug/meshctl" : nil)
    }()

    struct Outcome: Sendable {
        let status: Int32
        let output: String
        let errors: String
    }

    /// Runs a program to its end.
    static func run(
        _ program: String,
        _ arguments: [String],
        in directory: String? = nil
    ) async throws -> Outcome {
        try await offThePool {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: program)
            process.arguments = arguments
            if let directory { process.currentDirectoryURL = URL(fileURLWithPath: directory) }
            let (stdout, stderr) = (Pipe(), Pipe())
            process.standardInput = FileHandle.nullDevice
            process.standardOutput = stdout
            process.standardError = stderr
            try process.run()
            // What these programs write fits into a pipe.
            process.waitUntilExit()
            func text(_ pipe: Pipe) -> String {
                String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            }
            return Outcome(status: process.terminationStatus, output: text(stdout), errors: text(stderr))
        }
    }

    /// Does what blocks on a thread of its own. The pool's few threads verify certificates meanwhile.
    static func offThePool<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread { continuation.resume(with: Result { try body() }) }
        }
    }
}

/// `openssl s_server`, which answers each line with the line reversed.
final class OpenSSLServer: Sendable {
    let port: UInt16
    private let processIdentifier: pid_t

    static func start(_ arguments: [String]) async throws -> OpenSSLServer {
        try await Program.offThePool { try OpenSSLServer(arguments) }
    }

    private init(_ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: Program.openssl!)
        process.arguments = ["s_server", "-accept", "127.0.0.1:0", "-rev"] + arguments
        let stdout = Pipe()
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = stdout
        process.standardError = FileHandle.nullDevice
        try process.run()
        processIdentifier = process.processIdentifier
        var output = ""
        while !output.contains("ACCEPT ") || !output.hasSuffix("\n"),
            case let data = stdout.fileHandleForReading.availableData, !data.isEmpty
        {
            output += String(decoding: data, as: UTF8.self)
        }
        let digits = output.split(separator: "ACCEPT ").last?.split(separator: ":").last?.prefix { $0.isNumber }
        guard let port = digits.flatMap({ UInt16($0) }) else {
            kill(process.processIdentifier, SIGKILL)
            throw CocoaError(.executableLoad)
        }
        self.port = port
    }

    deinit {
        kill(processIdentifier, SIGKILL)
    }
}
#endif
