import MeshCore
import Testing

@testable import MeshDNS

@Suite struct DNSTargetTests {
    @Test(
        arguments: [
            ("dns:///users.prod.svc:8080", .addresses(of: "users.prod.svc", port: 8080), 0),
            ("dns:///users.:80", .addresses(of: "users.", port: 80), 0),
            ("dns://127.0.0.1:5353/users:80", .addresses(of: "users", port: 80), 1),
            ("dns://10.0.0.1,[fd00::1]:53/users:80", .addresses(of: "users", port: 80), 2),
            ("dns:///10.0.0.1:80", .literal(.ip(.v4(0x0A00_0001), port: 80)), 0),
            ("dns:///[::1]:80", .literal(.ip(.v6(upper: 0, lower: 1, zone: nil), port: 80)), 0),
            ("dns+srv:///_http._tcp.users", .services("_http._tcp.users"), 0),
            ("DNS+SRV://[::1]/_http._tcp.users", .services("_http._tcp.users"), 1),
        ] as [(String, DNSTarget.Subject, Int)]
    )
    func `reads a target`(text: String, subject: DNSTarget.Subject, servers: Int) throws {
        let target = try DNSTarget(Target(text))
        #expect(target.subject == subject)
        #expect(target.servers.count == servers)
    }

    @Test(arguments: [
        ("static:///10.0.0.1:80", "begins with"),
        ("dns:///users", "dns:///NAME:PORT"),
        ("dns:///users:0", "port"),
        ("dns:///a..b:80", "host name"),
        ("dns:///unix:/run/x", "Unix"),
        ("dns:///users:80?ttl=3", "no query"),
        ("dns://ns.example/users:80", "name server"),
        ("dns://10.0.0.1,/users:80", "name server"),
        ("dns+srv:///_http._tcp.users:80", "port"),
        ("dns+srv:///_http..users", "empty label"),
    ])
    func `says what is wrong with a target`(text: String, reason: String) {
        #expect {
            try DNSTarget(Target(text))
        } throws: { error in
            (error as? InvalidTargetError)?.description.contains(reason) == true
        }
    }
}
