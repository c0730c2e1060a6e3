#if TLS
import MeshCore
import Synchronization
import Testing

@testable import MeshTLS

@Suite("Authorization")
struct AuthorizationTests {
    static let users: SPIFFEID = "spiffe://prod.example/ns/shop/sa/users"
    static let orders: SPIFFEID = "spiffe://prod.example/ns/shop/sa/orders"
    static let stranger: SPIFFEID = "spiffe://staging.example/ns/shop/sa/users"

    static let policy = AuthorizationPolicy(rules: [
        .allow(
            "shop reads",
            from: [.pattern("spiffe://prod.example/ns/shop/**")],
            methods: ["GET"],
            paths: ["/items/**"]
        ),
        .allow("orders writes", from: [.id(orders)], methods: ["POST"], paths: ["/items/*/stock"]),
        .allow("health", methods: ["GET"], paths: ["/health"]),
        .deny("no export", paths: ["/items/export"]),
        .deny("staging stays out", from: [.trustDomain("staging.example")]),
    ])

    @Test(
        "decisions",
        arguments: [
            (users, "GET", "/items/1", true, "shop reads"),
            (users, "GET", "/items", true, "shop reads"),
            (users, "GET", "/items/1?fields=all", true, "shop reads"),
            (users, "GET", "/items/1?fields=#all", true, "shop reads"),
            (users, "GET", "/items/caf%C3%A9", true, "shop reads"),
            (users, "POST", "/items/1/stock", false, ""),
            (orders, "POST", "/items/1/stock", true, "orders writes"),
            (orders, "POST", "/items/1/2/stock", false, ""),
            (orders, "get", "/items/1", false, ""),
            (users, "GET", "/items/export", false, "no export"),
            (users, "GET", "/items/export/", false, "no export"),
            (users, "GET", "/items/%65xport", false, "no export"),
            (nil, "GET", "/health", true, "health"),
            (nil, "GET", "/items/1", false, ""),
            (stranger, "GET", "/health", false, "staging stays out"),
            (stranger, "GET", "/items/1", false, "staging stays out"),
        ] as [(SPIFFEID?, String, String, Bool, String)]
    )
    func decisions(_ identity: SPIFFEID?, _ method: String, _ path: String, isAllowed: Bool, rule: String) {
        let decision = Self.policy.decide(identity: identity, method: method, path: path)
        #expect(decision.verdict == (isAllowed ? .allowed : .denied))
        #expect(decision.reason == (rule.isEmpty ? .noRuleMatches : .rule(rule)))
    }

    @Test(
        "paths that servers read in different ways are denied",
        arguments: [
            "", "items/1", "*", "//items/1", "/items//1", "/items/./1", "/items/../admin", "/items/%2e%2e/admin",
            "/items%2f1", "/items%5c1", "/items\\1", "/items/%", "/items/%2", "/items/%zz", "/items/%00", "/items/%0a",
            "/items/%2565xport", "/items/1;export", "/items/%ff",
            "/items/1#", "/items/1#/../../admin", "/items/export#x", "#/items/1", "/items/1#?fields=all",
        ]
    )
    func ambiguous(_ path: String) {
        let decision = Self.policy.decide(identity: Self.users, method: "GET", path: path)
        #expect(decision.verdict == .denied)
        #expect(decision.reason == .ambiguousPath)
    }

    @Test("without rules everything is allowed, with any rule what none allows is denied")
    func defaults() {
        let empty = AuthorizationPolicy(rules: [])
        #expect(empty.decide(identity: nil, method: "GET", path: "//").verdict == .allowed)
        let denying = AuthorizationPolicy(rules: [.deny("staging", from: [.trustDomain("staging.example")])])
        #expect(denying.decide(identity: Self.users, method: "GET", path: "/").reason == .noRuleMatches)
        let byIdentity = AuthorizationPolicy(rules: [.allow("any", from: [.anyIdentity])])
        #expect(byIdentity.decide(identity: Self.users, method: "GET", path: "/a/../b").verdict == .allowed)
        #expect(byIdentity.decide(identity: nil, method: "GET", path: "/").verdict == .denied)
        let anonymous = AuthorizationPolicy(rules: [
            .allow("all", from: [.nobody, .anyIdentity]), .deny("none", from: [.nobody]),
        ])
        #expect(anonymous.decide(identity: nil, method: "GET", path: "/").reason == .rule("none"))
    }

    @Test("a condition with nothing in it is met by nothing")
    func emptyConditions() {
        for rule in [
            AuthorizationRule.allow("nobody in particular", from: []), .allow("no method", methods: []),
            .allow("no path", paths: []),
        ] {
            let policy = AuthorizationPolicy(rules: [rule])
            #expect(policy.decide(identity: Self.users, method: "GET", path: "/").reason == .noRuleMatches)
            #expect(policy.decide(identity: nil, method: "GET", path: "/").reason == .noRuleMatches)
        }
        let denying = AuthorizationPolicy(rules: [.allow("all"), .deny("an empty list", from: [])])
        #expect(denying.decide(identity: nil, method: "GET", path: "/").reason == .rule("all"))
    }

    @Test("the order of rules does not change a verdict")
    func order() {
        var random = SplitMix64(seed: 7)
        let requests: [(SPIFFEID?, String, String)] = [
            (Self.users, "GET", "/items/1"), (Self.users, "GET", "/items/export"), (Self.stranger, "GET", "/health"),
            (nil, "GET", "/health"), (Self.orders, "POST", "/items/1/stock"),
        ]
        for _ in 0..<50 {
            let shuffled = AuthorizationPolicy(rules: Self.policy.rules.shuffled(using: &random))
            for (identity, method, path) in requests {
                #expect(
                    shuffled.decide(identity: identity, method: method, path: path).verdict
                        == Self.policy.decide(identity: identity, method: method, path: path).verdict
                )
            }
        }
    }

    @Test("bad patterns", arguments: ["", "a", "/a//b", "/a/../b", "/a*", "/**/b", "/%61", "/a?b", "/a#b"])
    func badPatterns(_ text: String) {
        #expect(throws: InvalidPathPatternError.self) { try PathPattern(text) }
    }

    private struct Request: AuthorizableRequest {
        var peerIdentity: PeerIdentity?
        var authorizationMethod = "GET"
        var authorizationPath = "/items/1"
    }

    @Test("the filter refuses, or in audit mode only reports", arguments: [AuthorizationPolicy.Mode.enforce, .audit])
    func filter(_ mode: AuthorizationPolicy.Mode) async throws {
        let denied = Mutex<[AuthorizationError]>([])
        let filter = AuthorizationFilter<Request, String>(AuthorizationPolicy(rules: Self.policy.rules, mode: mode)) {
            error in
            denied.withLock { $0.append(error) }
        }
        let service = FunctionService<Request, String> { _, _ in "done" }.filtered(by: filter)
        let context = CallContext(service: "items", startedAt: .zero)
        let users = PeerIdentity(spiffeID: Self.users, verified: [])
        #expect(try await service.call(Request(peerIdentity: users), context: context) == "done")
        #expect(denied.withLock { $0.isEmpty })
        switch mode {
        case .enforce:
            await #expect(throws: AuthorizationError.self) {
                try await service.call(Request(peerIdentity: nil), context: context)
            }
        case .audit:
            #expect(try await service.call(Request(peerIdentity: nil), context: context) == "done")
        }
        #expect(denied.withLock { $0.map(\.decision.reason) } == [.noRuleMatches])
        #expect(
            denied.withLock { $0[0].description }.contains(
                "nobody: GET \"/items/1\" was denied because no rule allows it"
            )
        )
    }
}
#endif
