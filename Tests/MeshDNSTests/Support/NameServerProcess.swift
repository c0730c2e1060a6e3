#if DNS
import Foundation
import MeshCore
import NIOCore
import NIOPosix
import TestSupport

@testable import MeshDNS

/// A real name server, started on loopback with a directory of its own, in charge of `mesh.test`.
final class NameServerProcess: Sendable {
    /// Which program serves.
    enum Program: String, Sendable, CaseIterable {
        case knot = "knotd"
        case bind = "named"

        /// Where the program and `nsupdate` are; `nil` if one of them is missing.
        var path: String? {
            guard findProgram("nsupdate") != nil else { return nil }
            return findProgram(rawValue)
        }
    }

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    let server: DNSServer
    private let directory: URL
    private let process: Process

    /// Starts the program and waits until it answers.
    init(_ program: Program, zone: String) async throws {
        let port = try await Self.freePort()
        server = DNSServer(.v4(0x7F00_0001), port: port)
        let process = Process()
        let directory = FileManager.default.temporaryDirectory.appending(path: "mesh-dns-\(UUID())")
        self.process = process
        self.directory = directory
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        // named gives up its privileges and still writes the journal.
        try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: directory.path)
        func write(_ name: String, _ text: String) throws {
            try Data(text.utf8).write(to: directory.appending(path: name))
        }
        try write(
            "mesh.zone",
            """
            $TTL 2
            @ IN SOA ns.mesh.test. root.mesh.test. 1 60 60 60 2
            @ IN NS ns
            ns IN A 127.0.0.1
            \(zone)

            """
        )
        process.executableURL = URL(filePath: program.path ?? program.rawValue)
        switch program {
        case .knot:
            try write(
                "knot.conf",
                """
                server:
                    listen: 127.0.0.1@\(port)
                    rundir: \(directory.path)
                    udp-workers: 1
                    tcp-workers: 1
                    background-workers: 1
                database:
                    storage: \(directory.path)
                acl:
                  - id: update
                    address: 127.0.0.1
                    action: update
                zone:
                  - domain: mesh.test
                    storage: \(directory.path)
                    file: mesh.zone
                    acl: update

                """
            )
            process.arguments = ["-c", directory.appending(path: "knot.conf").path]
        case .bind:
            try write(
                "named.conf",
                """
                options {
                    directory "\(directory.path)";
                    listen-on port \(port) { 127.0.0.1; };
                    listen-on-v6 { none; };
                    pid-file none;
                    session-keyfile none;
                    recursion no;
                    max-records-per-type 0;
                    dnssec-validation no;
                };
                controls { };
                zone "mesh.test" { type primary; file "\(directory.path)/mesh.zone"; allow-update { 127.0.0.1; }; };

                """
            )
            process.arguments = ["-g", "-n", "1", "-c", directory.appending(path: "named.conf").path]
        }
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        try await untilItAnswers()
    }

    deinit {
        if process.isRunning { process.terminate() }
        try? FileManager.default.removeItem(at: directory)
    }

    /// Ends the program and returns once it has ended.
    func stop() async {
        process.terminate()
        while process.isRunning { try? await Task.sleep(for: .milliseconds(5)) }
    }

    /// Changes the zone with `nsupdate`, a line for each change: `add NAME TTL TYPE DATA`, `delete NAME TYPE`.
    func update(_ lines: String...) async throws {
        try await update(lines)
    }

    /// Changes the zone with `nsupdate`.
    func update(_ lines: [String]) async throws {
        let nsupdate = Process()
        nsupdate.executableURL = URL(filePath: findProgram("nsupdate") ?? "nsupdate")
        // Over TCP: an update may be larger than a datagram.
        nsupdate.arguments = ["-v"]
        let input = Pipe()
        nsupdate.standardInput = input
        nsupdate.standardOutput = FileHandle.nullDevice
        let errors = Pipe()
        nsupdate.standardError = errors
        try nsupdate.run()
        let script =
            ["server 127.0.0.1 \(server.port)", "zone mesh.test"] + lines.map { "update \($0)" } + [
                "send", "quit", "",
            ]
        try input.fileHandleForWriting.write(contentsOf: Data(script.joined(separator: "\n").utf8))
        try input.fileHandleForWriting.close()
        while nsupdate.isRunning { try await Task.sleep(for: .milliseconds(2)) }
        guard nsupdate.terminationStatus == 0 else {
            let text = String(decoding: errors.fileHandleForReading.availableData, as: UTF8.self)
            throw Failure(description: "nsupdate: \(text)")
        }
    }

    /// A client that asks this server.
    func client(timeout: Duration = .seconds(5), clock: MeshClock = .continuous) -> DNSClient {
        DNSClient(.fixed(DNSConfiguration(servers: [server], timeout: timeout, attempts: 1)), clock: clock)
    }

    private func untilItAnswers() async throws {
        let client = client(timeout: .milliseconds(100))
        for _ in 0..<200 {
            if !process.isRunning { throw Failure(description: "the name server ended at once") }
            if (try? await client.lookup(DNSName("ns.mesh.test"), .a))?.addresses.isEmpty == false { return }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw Failure(description: "the name server does not answer")
    }

    /// A port that is free for UDP and TCP.
    private static func freePort() async throws -> UInt16 {
        for _ in 0..<20 {
            let stream = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .bind(host: "127.0.0.1", port: 0).get()
            let port = stream.localAddress?.port ?? 0
            let datagrams = try? await DatagramBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .bind(host: "127.0.0.1", port: port).get()
            try await stream.close()
            try await datagrams?.close()
            if datagrams != nil { return UInt16(port) }
        }
        throw Failure(description: "no port is free for UDP and TCP")
    }
}
#endif
