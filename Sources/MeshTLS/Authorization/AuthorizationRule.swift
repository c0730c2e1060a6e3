#if TLS
/// One rule of an ``AuthorizationPolicy``. It matches a request if all of its conditions do; a condition that is left out
/// (`nil`) always does, and one with nothing in it (`[]`) never.
public struct AuthorizationRule: Hashable, Sendable {
    /// What a match means.
    public enum Effect: Hashable, Sendable {
        /// The request is allowed, unless another rule denies it.
        case allow
        /// The request is denied.
        case deny
    }

    /// A set of those who ask.
    public enum Principal: Hashable, Sendable {
        /// Exactly this workload.
        case id(SPIFFEID)
        /// Every workload of this trust domain.
        case trustDomain(TrustDomain)
        /// The workloads whose ID matches.
        case pattern(SPIFFEIDPattern)
        /// Everybody who has proved to be someone.
        case anyIdentity
        /// Those who have proved nothing.
        case nobody

        func contains(_ identity: SPIFFEID?) -> Bool {
            switch self {
            case .id(let id): identity == id
            case .trustDomain(let domain): identity?.trustDomain == domain
            case .pattern(let pattern): identity.map { pattern.matches($0) } ?? false
            case .anyIdentity: identity != nil
            case .nobody: identity == nil
            }
        }
    }

    /// What the rule is called in logs and decisions.
    public let name: String
    /// What a match means.
    public let effect: Effect
    /// Who asks: one of these; `nil` for everybody, proved or not.
    public let principals: [Principal]?
    /// The method: one of these, compared as written; `nil` for every method.
    public let methods: [String]?
    /// The path: matched by one of these; `nil` for every path.
    public let paths: [PathPattern]?

    /// Creates a rule.
    public init(
        _ name: String,
        _ effect: Effect,
        from principals: [Principal]? = nil,
        methods: [String]? = nil,
        paths: [PathPattern]? = nil
    ) {
        self.name = name
        self.effect = effect
        self.principals = principals
        self.methods = methods
        self.paths = paths
    }

    /// A rule that allows.
    public static func allow(
        _ name: String,
        from principals: [Principal]? = nil,
        methods: [String]? = nil,
        paths: [PathPattern]? = nil
    ) -> Self {
        Self(name, .allow, from: principals, methods: methods, paths: paths)
    }

    /// A rule that denies.
    public static func deny(
        _ name: String,
        from principals: [Principal]? = nil,
        methods: [String]? = nil,
        paths: [PathPattern]? = nil
    ) -> Self {
        Self(name, .deny, from: principals, methods: methods, paths: paths)
    }

    func matches(identity: SPIFFEID?, method: String, path: RequestPath?) -> Bool {
        (principals?.contains { $0.contains(identity) } ?? true)
            && (methods?.contains(method) ?? true)
            && (paths.map { paths in path.map { path in paths.contains { $0.matches(path) } } ?? false } ?? true)
    }
}
#endif
