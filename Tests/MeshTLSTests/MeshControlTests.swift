#if TLS
import Foundation
import MeshCore
import MeshTLS
import TestSupport
import Testing

@Suite("meshctl", .enabled(if: Program.meshctl != nil, "meshctl has not been built"), .takesTurns)
struct MeshControlTests {
    private func meshctl(_ arguments: String, in directory: TemporaryDirectory) async throws -> Program.Outcome {
        let program = URL(fileURLWithPath: Program.meshctl!).path
        return try await Program.run(program, arguments.split(separator: " ").map(String.init), in: directory.path)
    }

    private func mode(of path: String) throws -> Int {
        (try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int) ?? -1
    }

    @Test("two commands give what a verified connection needs")
    func twoCommands() async throws {
        let directory = try TemporaryDirectory()
        let created = try await meshctl("ca init", in: directory)
        #expect(created.status == 0, "\(created)")
        #expect(created.output.contains("meshctl cert issue spiffe://local.mesh/NAME"))
        for name in ["users", "orders"] {
            let issued = try await meshctl("cert issue spiffe://local.mesh/\(name) --dns \(name).local", in: directory)
            #expect(issued.status == 0, "\(issued)")
        }
        #expect(try mode(of: directory.file("mesh-pki/ca-key.pem")) == 0o600)
        #expect(try mode(of: directory.file("mesh-pki/users/key.pem")) == 0o600)

        func credentials(_ name: String) async throws -> TLSCredentials {
            let path = directory.file("mesh-pki/\(name)")
            let credentials = TLSCredentials(
                identity: .files(certificateChain: "\(path)/svid.pem", privateKey: "\(path)/key.pem"),
                trust: [
                    .file("\(path)/bundle.pem", for: .trustDomain("local.mesh")),
                    .file("\(path)/bundle.pem", for: .hostNames),
                ]
            )
            credentials.start()
            try await credentials.ready()
            return credentials
        }
        let (us, them) = (try await credentials("orders"), try await credentials("users"))
        let meeting = try await meet(
            ClientTLS(us),
            try ServerTLS(them),
            expecting: .spiffeID("spiffe://local.mesh/users")
        )
        #expect(try meeting.client.get().spiffeID == "spiffe://local.mesh/users")
        #expect(meeting.atServer?.spiffeID == "spiffe://local.mesh/orders")
        let byName = try await meet(ClientTLS(us), try ServerTLS(them), serverName: "users.local")
        #expect(try byName.client.get().dnsNames == ["users.local"])
        await us.shutdown()
        await them.shutdown()
    }

    @Test("nothing is overwritten, unless a certificate is renewed")
    func overwriting() async throws {
        let directory = try TemporaryDirectory()
        #expect(try await meshctl("ca init --trust-domain prod.example --out pki --ttl 12h", in: directory).status == 0)
        let key = try String(contentsOfFile: directory.file("pki/ca-key.pem"), encoding: .utf8)
        let again = try await meshctl("ca init --out pki", in: directory)
        #expect(again.status != 0)
        #expect(again.errors.contains("exists and is not overwritten: delete it, or choose another place with --out"))
        #expect(try String(contentsOfFile: directory.file("pki/ca-key.pem"), encoding: .utf8) == key)

        let issue = "cert issue spiffe://prod.example/users --ca pki --out users"
        #expect(try await meshctl(issue, in: directory).status == 0)
        let first = try String(contentsOfFile: directory.file("users/svid.pem"), encoding: .utf8)
        let second = try await meshctl(issue, in: directory)
        #expect(second.status != 0 && second.errors.contains("--renew"), "\(second)")
        #expect(try String(contentsOfFile: directory.file("users/svid.pem"), encoding: .utf8) == first)
        #expect(try await meshctl(issue + " --renew", in: directory).status == 0)
        #expect(try String(contentsOfFile: directory.file("users/svid.pem"), encoding: .utf8) != first)
        #expect(try mode(of: directory.file("users/key.pem")) == 0o600)
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.file("users")).count == 3)
    }

    @Test(
        "what makes no sense is refused with a sentence",
        arguments: [
            ("cert issue spiffe://local.mesh/users", "there is no authority in mesh-pki"),
            ("ca init --trust-domain Prod", "Prod"),
            ("ca init --ttl 1y", "1y"),
            ("ca init --ttl 0d", "0d"),
            ("cert show nothing.pem", "nothing.pem cannot be read"),
        ]
    )
    func refused(_ arguments: String, message: String) async throws {
        let outcome = try await meshctl(arguments, in: TemporaryDirectory())
        #expect(outcome.status != 0)
        #expect(outcome.errors.contains(message), "\(outcome)")
    }

    @Test("an authority speaks for its own trust domain, and for workloads only")
    func scope() async throws {
        let directory = try TemporaryDirectory()
        _ = try await meshctl("ca init", in: directory)
        for (id, message) in [
            ("spiffe://prod.example/users", "is not of the trust domain of this authority, local.mesh"),
            ("spiffe://local.mesh", "names a trust domain"), ("users", "is not a SPIFFE ID"),
            ("spiffe://local.mesh/../ca", "is not a SPIFFE ID"),
        ] {
            let outcome = try await meshctl("cert issue \(id)", in: directory)
            #expect(outcome.status != 0 && outcome.errors.contains(message), "\(outcome)")
        }
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: directory.file("mesh-pki")).sorted() == [
                "ca-key.pem", "ca.pem",
            ]
        )
    }

    @Test("openssl agrees with what was issued", .enabled(if: Program.openssl != nil, "openssl is not installed"))
    func openssl() async throws {
        let directory = try TemporaryDirectory()
        _ = try await meshctl("ca init", in: directory)
        _ = try await meshctl("cert issue spiffe://local.mesh/users --dns users.local --ttl 1h", in: directory)
        let svid = directory.file("mesh-pki/users/svid.pem")
        func openssl(_ arguments: String...) async throws -> Program.Outcome {
            try await Program.run(Program.openssl!, arguments)
        }
        for purpose in ["sslserver", "sslclient"] {
            let verified = try await openssl(
                "verify",
                "-x509_strict",
                "-purpose",
                purpose,
                "-CAfile",
                directory.file("mesh-pki/users/bundle.pem"),
                svid
            )
            #expect(verified.status == 0 && verified.output.contains("OK"), "\(verified)")
        }
        let text = try await openssl("x509", "-in", svid, "-noout", "-text").output
        #expect(text.contains("URI:spiffe://local.mesh/users, DNS:users.local"))
        #expect(text.contains("Digital Signature"))
        #expect(text.contains("CA:FALSE"))
        #expect(
            try await openssl("pkey", "-in", directory.file("mesh-pki/users/key.pem"), "-check", "-noout").status == 0
        )

        let shown = try await meshctl("cert show mesh-pki/users/svid.pem", in: directory)
        #expect(shown.output.contains("names:      spiffe://local.mesh/users, DNS users.local"), "\(shown)")
    }
}
#endif
