import MeshCore
import Testing

@testable import MeshDNS

@Suite struct DNSConfigurationTests {
    @Test func `reads a Kubernetes pod's resolv.conf`() throws {
        let configuration = DNSConfiguration(
            resolvConf: """
                search prod.svc.cluster.local svc.cluster.local cluster.local
                nameserver 10.96.0.10
                options ndots:5
                """
        )
        #expect(configuration.servers == [DNSServer(.v4(0x0A60_000A))])
        #expect(configuration.dotThreshold == 5)
        #expect(configuration.timeout == .seconds(2))
        #expect(configuration.attempts == 2)
        #expect(
            try configuration.candidates(for: "users").map(\.description) == [
                "users.prod.svc.cluster.local", "users.svc.cluster.local", "users.cluster.local", "users",
            ]
        )
        #expect(try configuration.candidates(for: "users.").map(\.description) == ["users"])
        #expect(try configuration.candidates(for: "a.b.c.d.e.f").first == "a.b.c.d.e.f")
    }

    @Test func `reads everything else`() {
        let configuration = DNSConfiguration(
            resolvConf: """
                # a comment
                domain first.test
                search second.test. ; the last of the two counts
                nameserver fe80::1%eth0
                nameserver   192.0.2.1   # trailing
                nameserver not-an-address
                nameserver 2001:db8::53
                nameserver 192.0.2.4
                sortlist 130.155.160.0
                options timeout:3 attempts:4 rotate edns0 ndots:99 timeout:x
                options
                nameserver
                """
        )
        #expect(configuration.servers.map(\.description) == ["[fe80::1%eth0]:53", "192.0.2.1:53", "[2001:db8::53]:53"])
        #expect(configuration.searchDomains == ["second.test"])
        #expect(configuration.timeout == .seconds(3))
        #expect(configuration.attempts == 4)
        #expect(configuration.rotation == .everyQuestion)
        #expect(configuration.dotThreshold == 15)
    }

    @Test func `limits are those of glibc`() {
        let configuration = DNSConfiguration(resolvConf: "options timeout:0 attempts:0\noptions timeout:99 attempts:99")
        #expect(configuration.timeout == .seconds(30))
        #expect(configuration.attempts == 5)
        #expect(DNSConfiguration(resolvConf: "options timeout:0 attempts:0").timeout == .seconds(1))
    }

    @Test func `without a server the local machine is asked`() {
        #expect(DNSConfiguration(resolvConf: "").servers.map(\.description) == ["127.0.0.1:53"])
    }

    @Test func `a name that gets too long is no candidate`() throws {
        let name = Array(repeating: "x", count: 126).joined(separator: ".")
        let configuration = DNSConfiguration(servers: [], searchDomains: ["prod.svc"], dotThreshold: 200)
        #expect(try configuration.candidates(for: name).count == 1)
    }

    @Test func `reads a hosts file`() {
        let hosts = HostsFile(
            """
            127.0.0.1 localhost
            10.0.0.9  localhost   # not loopback
            10.0.0.1  db DB.prod  # comment
            fd00::1   db
            10.0.0.1  db
            not-an-address x
            10.0.0.2
            """
        )
        #expect(hosts.addresses(of: "db") == [IPAddress("10.0.0.1")!, IPAddress("fd00::1")!])
        #expect(hosts.addresses(of: "db.prod") == [IPAddress("10.0.0.1")!])
        #expect(hosts.addresses(of: "x") == nil)
        #expect(hosts.addresses(of: "localhost") == [IPAddress("127.0.0.1")!])
        #expect(hosts.addresses(of: "api.localhost") == [IPAddress("127.0.0.1")!, IPAddress("::1")!])
    }

    @Test(arguments: [
        ("10.0.0.53", "10.0.0.53:53"), ("10.0.0.53:5353", "10.0.0.53:5353"), ("fd00::53", "[fd00::53]:53"),
        ("[fd00::53]", "[fd00::53]:53"), ("[fd00::53]:5353", "[fd00::53]:5353"),
    ])
    func `reads a server`(text: String, printed: String) {
        #expect(DNSServer(text)?.description == printed)
    }

    @Test(arguments: ["", "ns.example", "ns.example:53", "10.0.0.53:0", "10.0.0.53:", "[10.0.0.53]", "unix:/run/dns"])
    func `refuses what is no server`(text: String) {
        #expect(DNSServer(text) == nil)
    }
}
