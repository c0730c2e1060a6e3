import MeshCore
import Testing

@Suite("Targets")
struct TargetTests {
    @Test(
        "splits a URI into its parts, and prints it back",
        arguments: [
            (
                "static:///10.0.0.1:80,[::1]:80",
                Target(scheme: "static", path: "10.0.0.1:80,[::1]:80")
            ),
            ("dns:///users.prod.svc:8080", Target(scheme: "dns", path: "users.prod.svc:8080")),
            (
                "dns://127.0.0.1:5353/users.prod:8080",
                Target(scheme: "dns", authority: "127.0.0.1:5353", path: "users.prod:8080")
            ),
            ("dns+srv:///_http._tcp.users.prod", Target(scheme: "dns+srv", path: "_http._tcp.users.prod")),
            ("file:///etc/mesh/users.json", Target(scheme: "file", path: "/etc/mesh/users.json")),
            ("x-1.y:///a/b", Target(scheme: "x-1.y", path: "a/b")),
            ("dns:////a", Target(scheme: "dns", path: "/a")),
            ("file:////a", Target(scheme: "file", path: "//a")),
            (
                "dns:///a?x=1&y&x=2",
                Target(
                    scheme: "dns",
                    path: "a",
                    query: [
                        Target.QueryItem(name: "x", value: "1"), Target.QueryItem(name: "y", value: ""),
                        Target.QueryItem(name: "x", value: "2"),
                    ]
                )
            ),
            (
                "file:///a%20b%25%3F%23?k%3D=%26",
                Target(scheme: "file", path: "/a b%?#", query: [Target.QueryItem(name: "k=", value: "&")])
            ),
            ("file:///%C3%A9", Target(scheme: "file", path: "/é")),
            ("dns:///a?=", Target(scheme: "dns", path: "a", query: [Target.QueryItem(name: "", value: "")])),
            ("dns:///a?=b", Target(scheme: "dns", path: "a", query: [Target.QueryItem(name: "", value: "b")])),
        ]
    )
    func parses(text: String, expected: Target) throws {
        let target = try Target(text)
        #expect(target == expected)
        #expect(target.description == text)
    }

    @Test(
        "prints another spelling in its own",
        arguments: [
            ("DNS:///A", "dns:///A"),
            ("dns:///%61", "dns:///a"),
            ("dns:///a?", "dns:///a"),
            ("dns:///a?&&x=1&", "dns:///a?x=1"),
            ("dns:///a?x=", "dns:///a?x"),
            ("dns:///a?x=1=2", "dns:///a?x=1%3D2"),
            ("file:///a b", "file:///a%20b"),
            ("file:///a+b", "file:///a+b"),
        ]
    )
    func normalises(text: String, expected: String) throws {
        #expect(try Target(text).description == expected)
        #expect(try Target(expected).description == expected)
    }

    @Test(
        "names the reason for what it refuses",
        arguments: [
            ("", "no scheme"),
            ("users.prod", "no scheme"),
            (":///a", "is not a scheme"),
            ("1a:///a", "is not a scheme"),
            ("d ns:///a", "is not a scheme"),
            ("ä:///a", "is not a scheme"),
            ("10.0.0.1:80", "is not a scheme"),
            ("users:80", "\"//\" is missing"),
            ("dns:users", "\"//\" is missing"),
            ("dns:/users", "\"//\" is missing"),
            ("dns://users", "no \"/\" between authority and path"),
            ("dns://", "no \"/\" between authority and path"),
            ("dns:///", "names nothing"),
            ("dns://127.0.0.1/", "names nothing"),
            ("dns:///?x=1", "names nothing"),
            ("file:///", "names nothing"),
            ("file:///?x", "names nothing"),
            ("dns:///a%", "broken percent escape"),
            ("dns:///a%2", "broken percent escape"),
            ("dns:///a%2g", "broken percent escape"),
            ("dns:///a%FF", "broken percent escape"),
            ("dns:///a?x=%", "broken percent escape"),
            ("dns:///a?%C3=1", "broken percent escape"),
        ]
    )
    func rejected(text: String, reason: String) throws {
        let error = #expect(throws: InvalidTargetError.self) { try Target(text) }
        #expect(error?.text == text)
        #expect(error?.description.contains(reason) == true, "\(String(describing: error))")
    }

    @Test("what was parsed is printed so that it parses back, whatever it was made of")
    func roundTrip() throws {
        let alphabet = Array("abZ09:/?&=%#+.,-_[]@ \u{e9}\u{301}\u{1F600}\"<>\t")
        let hex = ["%25", "%2F", "%3F", "%26", "%3D", "%00", "%C3%A9", "%20"]
        var random = SplitMix64(seed: 4)
        var parsed = 0
        for _ in 0..<30_000 {
            var text = ["dns://", "file://", "static:///", "file:///"][Int(random.next() % 4)]
            for _ in 0..<Int(random.next() % 16) {
                let bits = random.next()
                if bits & 7 == 0 {
                    text += hex[Int(bits >> 8) % hex.count]
                } else {
                    text.append(alphabet[Int(bits >> 8) % alphabet.count])
                }
            }
            guard let target = try? Target(text) else { continue }
            parsed += 1
            #expect((try? Target(target.description)) == target, "\(text) -> \(target)")
        }
        #expect(parsed > 5_000)
    }
}
