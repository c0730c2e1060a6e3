#if TLS
import MeshCore
import MeshTLS
import NIOSSL
import SwiftASN1
import Synchronization
import TestSupport
import Testing
import X509

@Suite("Against openssl", .enabled(if: Program.openssl != nil, "openssl is not installed"), .takesTurns)
struct OpenSSLTests {
    static let users = "spiffe://prod.example/users"
    static let orders = "spiffe://prod.example/orders"

    /// Files as openssl wants them.
    private struct Material {
        let directory: TemporaryDirectory
        let arguments: [String]

        init(_ issued: Issued, trusting root: TestAuthority) throws {
            directory = try TemporaryDirectory()
            try directory.write(issued.chainPEM, to: "svid.pem")
            try directory.write(issued.keyPEM, to: "key.pem")
            try directory.write(root.certificate.serializeAsPEM().pemString + "\n", to: "bundle.pem")
            arguments = [
                "-cert", directory.file("svid.pem"), "-key", directory.file("key.pem"), "-CAfile",
                directory.file("bundle.pem"),
            ]
        }
    }

    @Test(
        "our client and its server",
        arguments: [["-tls1_3"], ["-tls1_3", "-groups", "X25519"], ["-tls1_3", "-groups", "P-256"]]
    )
    func client(_ options: [String]) async throws {
        let root = try TestAuthority()
        let material = try Material(root.issue(Self.users), trusting: root)
        let server = try await OpenSSLServer.start(
            material.arguments + options + ["-Verify", "2", "-verify_return_error", "-alpn", "http/1.1"]
        )
        let client = ClientTLS(try await loadedCredentials(root.issue(Self.orders), trusting: root.bundle()))
        let good = try await ask(client, port: server.port, expecting: .spiffeID(Self.users))
        #expect(try good.result.get().spiffeID?.description == Self.users)
        #expect(good.applicationProtocol == "http/1.1")
        let bad = try await ask(client, port: server.port, expecting: .spiffeID(Self.orders))
        #expect(thrown(PeerVerificationError.self) { try bad.result.get() }?.reason == .identityMismatch)
    }

    @Test("our client is refused by its server")
    func refusedClient() async throws {
        let (root, stranger) = (try TestAuthority(), try TestAuthority("stranger"))
        let material = try Material(root.issue(Self.users), trusting: root)
        let server = try await OpenSSLServer.start(
            material.arguments + ["-tls1_3", "-Verify", "2", "-verify_return_error"]
        )
        for identity in [try stranger.issue(Self.orders), nil] {
            let client = ClientTLS(try await loadedCredentials(identity, trusting: root.bundle()))
            let answer = try await ask(client, port: server.port, expecting: .spiffeID(Self.users))
            let error = #expect(throws: TLSError.self) { try answer.result.get() }
            #expect(error?.code == .refusedByPeer, "\(error.map { "\($0)" } ?? "")")
            #expect(error?.outcome == Outcome(.failure, retry: .neverSent))
        }
    }

    @Test("TLS 1.2 only where it was chosen")
    func versions() async throws {
        let root = try TestAuthority()
        let material = try Material(root.issue(Self.users), trusting: root)
        let server = try await OpenSSLServer.start(material.arguments + ["-tls1_2"])
        let us = try await loadedCredentials(root.issue(Self.orders), trusting: root.bundle())
        let strict = try await ask(ClientTLS(us), port: server.port, expecting: .spiffeID(Self.users))
        #expect(thrown(TLSError.self) { try strict.result.get() }?.code == .handshakeFailed)
        let lenient = ClientTLS(us, configuration: .init(minimumVersion: .tls12))
        let answer = try await ask(lenient, port: server.port, expecting: .spiffeID(Self.users))
        #expect(try answer.result.get().spiffeID?.description == Self.users)
        #expect(answer.version == .tlsv12)
    }

    @Test("its client and our server")
    func server() async throws {
        let root = try TestAuthority()
        let server = try ServerTLS(try await loadedCredentials(root.issue(Self.users), trusting: root.bundle()))
        let listener = try await Listener.start(server)
        let material = try Material(root.issue(Self.orders), trusting: root)
        let good = try await connect(listener.port, material.arguments + ["-alpn", "h2"])
        #expect(good.output.contains("ping"), "\(good)")
        #expect(listener.side.state.withLock { $0.identity }?.spiffeID?.description == Self.orders)

        let stranger = try Material(TestAuthority().issue(Self.orders), trusting: root)
        for arguments in [stranger.arguments, Array(material.arguments.suffix(2))] {
            let bad = try await connect(listener.port, arguments)
            #expect(!bad.output.contains("ping"))
            #expect(bad.output.contains("alert"), "\(bad)")
        }
        let old = try await connect(listener.port, material.arguments + ["-tls1_2"])
        #expect(old.output.contains("alert protocol version"), "\(old)")
        #expect(listener.side.state.withLock { $0.served } == 1)
        try await listener.stop()
    }

    @Test("its client does not resume a session with our server, so that every connection is verified")
    func resumption() async throws {
        let root = try TestAuthority()
        let server = try ServerTLS(try await loadedCredentials(root.issue(Self.users), trusting: root.bundle()))
        let listener = try await Listener.start(server)
        let material = try Material(root.issue(Self.orders), trusting: root)
        let session = material.directory.file("session.pem")
        let first = try await connect(listener.port, material.arguments + ["-sess_out", session])
        #expect(first.output.contains("ping"))
        let second = try await connect(listener.port, material.arguments + ["-sess_in", session])
        #expect(!second.output.contains("Reused, TLSv1.3"))
        #expect(second.output.contains("New, TLSv1.3"), "\(second)")
        #expect(listener.side.state.withLock { $0.served } == 2)
        #expect(listener.side.state.withLock { $0.identity }?.spiffeID?.description == Self.orders)
        try await listener.stop()
    }

    /// Sends a line, and waits for the answer or the end.
    private func connect(_ port: UInt16, _ arguments: [String]) async throws -> Program.Outcome {
        // openssl ends with its input: the shell keeps it open until there is something to see.
        let log = try TemporaryDirectory()
        let file = log.file("log")
        let command = """
            { echo ping; i=0; while [ $i -lt 150 ] && ! grep -q -e '^ping' -e 'alert' \(file); do
            sleep 0.1; i=$((i+1)); done; } 2>/dev/null |
            timeout 20 $(command -v stdbuf >/dev/null && echo stdbuf -o0) \(Program.openssl!) s_client -connect 127.0.0.1:\(port) \(arguments.joined(separator: " ")) >\(file) 2>&1
            cat \(file)
            """
        return try await Program.run("/bin/sh", ["-c", command])
    }
}
#endif
