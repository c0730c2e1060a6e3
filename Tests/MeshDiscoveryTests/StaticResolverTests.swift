import MeshCore
import MeshDiscovery
import Testing

struct StaticResolverTests {
    @Test func `yields its set once and ends`() async {
        var seen: [Resolution] = []
        for await resolution in StaticResolver(ab).resolutions() { seen.append(resolution) }
        #expect(seen == [.endpoints(ab)])
    }

    @Test(arguments: [
        ("static:///10.0.0.1:80", [Endpoint(.ip(.v4(0x0A00_0001), port: 80))]),
        (
            "static:///10.0.0.1:80;weight=3,users.local:8080",
            [Endpoint(.ip(.v4(0x0A00_0001), port: 80), weight: 3), Endpoint(.host("users.local", port: 8080))]
        ),
        (
            "static:///[2001:db8::1]:80;priority=2;weight=0",
            [
                Endpoint(
                    .ip(.v6(upper: 0x2001_0DB8_0000_0000, lower: 1, zone: nil), port: 80),
                    weight: 0,
                    priority: 2
                )
            ]
        ),
        (
            "static:///unix:/run/users.sock;zone=a;region=r;subZone=7%2F2",
            [Endpoint(.unix(path: "/run/users.sock"), locality: Locality(region: "r", zone: "a", subZone: "7/2"))]
        ),
    ])
    func `reads targets`(text: String, expected: [Endpoint]) throws {
        #expect(try StaticResolver(Target(text)).endpoints.endpoints == expected)
    }

    @Test(arguments: [
        ("dns:///users:80", "begins with static:///"),
        ("static://10.0.0.1:80/x:1", "no authority"),
        ("static:///10.0.0.1:80?weight=2", "no query"),
        ("static:///10.0.0.1:80,", "empty entry"),
        ("static:///10.0.0.1:80,,10.0.0.2:80", "empty entry"),
        ("static:///;weight=2", "empty entry"),
        ("static:///10.0.0.1", "port is missing"),
        ("static:///10.0.0.1:80,10.0.0.1:80", "10.0.0.1:80 is listed twice"),
        ("static:///10.0.0.1:80;wieght=2", "\"wieght\" behind 10.0.0.1:80 is unknown"),
        ("static:///10.0.0.1:80;weight", "not NAME=VALUE"),
        ("static:///10.0.0.1:80;weight=", "not NAME=VALUE"),
        ("static:///10.0.0.1:80;", "not NAME=VALUE"),
        ("static:///10.0.0.1:80;weight=-1", "weight of 10.0.0.1:80 is \"-1\""),
        ("static:///10.0.0.1:80;weight=4294967296", "not an integer from 0 to 4294967295"),
        ("static:///10.0.0.1:80;priority=1.5", "priority of 10.0.0.1:80"),
        ("static:///10.0.0.1:80;weight=1;weight=2", "\"weight\" appears twice"),
    ])
    func `refuses targets and says why`(text: String, reason: String) throws {
        let target = try Target(text)
        let error = try #require(throws: InvalidTargetError.self) { try StaticResolver(target) }
        #expect(error.reason.contains(reason), "\(error)")
    }
}
