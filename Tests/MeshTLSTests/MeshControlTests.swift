#if TLS
import Foundation
import MeshCore
import MeshTLS
import SwiftASN1
import TestSupport
import Testing
import X509

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

    @Test("a renewal leaves the bundle alone, but for a root that is missing in it")
    func renewingWhileRootsOverlap() async throws {
        let directory = try TemporaryDirectory()
        func text(_ name: String) throws -> String { try String(contentsOfFile: directory.file(name), encoding: .utf8) }
        for name in ["old", "new"] { _ = try await meshctl("ca init --out \(name)", in: directory) }
        _ = try await meshctl("cert issue spiffe://local.mesh/users --ca old --out users", in: directory)
        let renew = "cert issue spiffe://local.mesh/users --out users --renew"

        let added = try await meshctl(renew + " --ca new", in: directory)
        #expect(added.output.contains("the new root was added"), "\(added)")
        #expect(try text("users/bundle.pem") == text("old/ca.pem") + text("new/ca.pem"))
        for name in ["old", "new"] {
            let kept = try await meshctl(renew + " --ca \(name)", in: directory)
            #expect(kept.output.contains("as it was"), "\(kept)")
            #expect(try text("users/bundle.pem") == text("old/ca.pem") + text("new/ca.pem"))
        }

        try directory.write("no certificates", to: "users/bundle.pem")
        let before = try text("users/svid.pem")
        let refused = try await meshctl(renew + " --ca new", in: directory)
        #expect(refused.status != 0 && refused.errors.contains("users/bundle.pem"), "\(refused)")
        #expect(try text("users/svid.pem") == before)
        try FileManager.default.removeItem(atPath: directory.file("users/bundle.pem"))
        _ = try await meshctl(renew + " --ca new", in: directory)
        #expect(try text("users/bundle.pem") == text("new/ca.pem"))
    }

    @Test("what cannot be written leaves nothing behind")
    func leftovers() async throws {
        let directory = try TemporaryDirectory()
        _ = try await meshctl("ca init", in: directory)
        let issue = "cert issue spiffe://local.mesh/users --out users"
        _ = try await meshctl(issue, in: directory)
        try FileManager.default.removeItem(atPath: directory.file("users/svid.pem"))
        try FileManager.default.createDirectory(
            atPath: directory.file("users/svid.pem/full"),
            withIntermediateDirectories: true
        )
        let outcome = try await meshctl(issue + " --renew", in: directory)
        #expect(outcome.status != 0 && outcome.errors.contains("users/svid.pem"), "\(outcome)")
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: directory.file("users")).sorted() == [
                "bundle.pem", "key.pem", "svid.pem",
            ]
        )
    }

    @Test("names that are none are refused, and addresses become addresses")
    func hostNames() async throws {
        let directory = try TemporaryDirectory()
        _ = try await meshctl("ca init", in: directory)
        for name in [
            "users,orders", "users:8443", "https://users", "-users", "users-", "a..b", ".users", "*", "*.local",
            "u*.a.b",
            "us_ers", "\u{FC}sers", "fe80::1%eth0", "999.1.1.1", String(repeating: "a", count: 64),
        ] {
            let outcome = try await meshctl("cert issue spiffe://local.mesh/users --dns=\(name)", in: directory)
            #expect(outcome.status != 0 && outcome.errors.contains("is not a host name"), "\(name): \(outcome)")
        }
        let issued = try await meshctl(
            "cert issue spiffe://local.mesh/users --dns 10.0.0.1 --dns ::1 --dns *.users.local --dns Users",
            in: directory
        )
        #expect(issued.status == 0, "\(issued)")
        let identity = try TLSIdentity(
            certificateChain: Data(contentsOf: URL(fileURLWithPath: directory.file("mesh-pki/users/svid.pem"))),
            privateKey: Data(contentsOf: URL(fileURLWithPath: directory.file("mesh-pki/users/key.pem")))
        )
        let names = try #require(try identity.certificateChain[0].extensions.subjectAlternativeNames)
        let expected: [GeneralName] = [
            .uniformResourceIdentifier("spiffe://local.mesh/users"),
            .ipAddress(ASN1OctetString(contentBytes: [10, 0, 0, 1])),
            .ipAddress(ASN1OctetString(contentBytes: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1])),
            .dnsName("*.users.local"), .dnsName("Users"),
        ]
        #expect(Array(names) == expected)
    }

    @Test("an authority that has expired, or is none, issues nothing")
    func uselessAuthorities() async throws {
        let root = try TestAuthority()
        func authority(change: (inout Wish) -> Void) throws -> Issued {
            try root.issue(
                Wish("spiffe://local.mesh") {
                    $0.basicConstraints = .isCertificateAuthority(maxPathLength: 0)
                    $0.keyUsage = KeyUsage(keyCertSign: true)
                    change(&$0)
                }
            )
        }
        for (issued, message) in [
            (try authority { ($0.validFrom, $0.validUntil) = (-7200, -3600) }, "has expired"),
            (try authority { ($0.validFrom, $0.validUntil) = (3600, 7200) }, "is not valid yet"),
            (
                try authority { $0.basicConstraints = .notCertificateAuthority },
                "is not the certificate of an authority"
            ),
        ] {
            let directory = try TemporaryDirectory()
            try FileManager.default.createDirectory(
                atPath: directory.file("mesh-pki"),
                withIntermediateDirectories: true
            )
            try directory.write(issued.chainPEM, to: "mesh-pki/ca.pem")
            try directory.write(issued.keyPEM, to: "mesh-pki/ca-key.pem")
            let outcome = try await meshctl("cert issue spiffe://local.mesh/users", in: directory)
            #expect(outcome.status != 0 && outcome.errors.contains(message), "\(outcome)")
            #expect(outcome.errors.contains("ca init --out"), "\(outcome)")
        }
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
