#if TLS
/// Who may do what: rules that allow and rules that deny, by identity, method and path.
///
/// ```swift
/// let policy = AuthorizationPolicy(rules: [
///     .allow("shop reads", from: [.pattern("spiffe://prod.example/ns/shop/**")], methods: ["GET"], paths: ["/users/*"]),
///     .deny("no export", paths: ["/users/export"]),
/// ])
/// ```
///
/// **Decision.** Without rules everything is allowed. With any rule, a request is allowed if a rule allows it and none denies
/// it; one that no rule speaks of is denied.
///
/// **Paths** are compared as the application will see them: without the query and with percent-encoding undone. A path that
/// servers read in different ways, one with `..`, `//`, `#`, an encoded slash or encoding that is broken, is denied as soon
/// as a rule looks at paths.
public struct AuthorizationPolicy: Hashable, Sendable {
    /// What becomes of a decision.
    public enum Mode: Hashable, Sendable {
        /// A request that is denied is refused.
        case enforce
        /// It is let through and reported: to try rules out on real traffic.
        case audit
    }

    /// The rules; their order does not matter to the decision. Where several decide alike, the first is named.
    public var rules: [AuthorizationRule]
    /// What becomes of a decision.
    public var mode: Mode

    /// Creates a policy.
    public init(rules: [AuthorizationRule], mode: Mode = .enforce) {
        self.rules = rules
        self.mode = mode
    }

    /// Decides about a request.
    ///
    /// - Parameters:
    ///   - identity: Who asks; `nil` if nobody has proved anything.
    ///   - method: The method of the request, as in `GET`.
    ///   - path: The path of the request as it came, query and encoding included.
    /// - Complexity: O(rules)
    public func decide(identity: SPIFFEID?, method: String, path: String) -> AuthorizationDecision {
        guard !rules.isEmpty else { return AuthorizationDecision(verdict: .allowed, reason: .noRules) }
        let normal = RequestPath(path)
        if normal == nil, rules.contains(where: { $0.paths != nil }) {
            return AuthorizationDecision(verdict: .denied, reason: .ambiguousPath)
        }
        func first(_ effect: AuthorizationRule.Effect) -> AuthorizationRule? {
            rules.first { $0.effect == effect && $0.matches(identity: identity, method: method, path: normal) }
        }
        if let rule = first(.deny) { return AuthorizationDecision(verdict: .denied, reason: .rule(rule.name)) }
        if let rule = first(.allow) { return AuthorizationDecision(verdict: .allowed, reason: .rule(rule.name)) }
        return AuthorizationDecision(verdict: .denied, reason: .noRuleMatches)
    }
}

/// What a policy says about a request, and why.
public struct AuthorizationDecision: Hashable, Sendable, CustomStringConvertible {
    /// Whether the request is in order.
    public enum Verdict: Hashable, Sendable {
        /// It is.
        case allowed
        /// It is not.
        case denied
    }

    /// What decided.
    public enum Reason: Hashable, Sendable {
        /// The rule of this name.
        case rule(String)
        /// There are no rules.
        case noRules
        /// There are rules, and none speaks of the request.
        case noRuleMatches
        /// The path can be read in different ways.
        case ambiguousPath
    }

    /// Whether the request is in order.
    public let verdict: Verdict
    /// What decided.
    public let reason: Reason

    /// Verdict and reason in a few words.
    public var description: String {
        let why =
            switch reason {
            case .rule(let name): "by the rule \"\(name)\""
            case .noRules: "because there are no rules"
            case .noRuleMatches: "because no rule allows it"
            case .ambiguousPath: "because its path can be read in different ways"
            }
        return "\(verdict == .allowed ? "allowed" : "denied") \(why)"
    }
}
#endif
