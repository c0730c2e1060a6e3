#if TLS
public import MeshCore

/// A request that says who asks for what.
public protocol AuthorizableRequest: Sendable {
    /// Who asks; `nil` if nobody has proved anything. Take it from the connection (``PeerIdentity/init(of:)``), never from a
    /// header.
    var peerIdentity: PeerIdentity? { get }
    /// The method of the request, as in `GET`.
    var authorizationMethod: String { get }
    /// The path of the request as it came, query and encoding included.
    var authorizationPath: String { get }
}

/// Lets requests through that a policy allows, and fails the others with an ``AuthorizationError``.
///
/// In audit mode it lets everything through; ``init(_:onDenied:)`` is told of what it would have refused.
public struct AuthorizationFilter<Request: AuthorizableRequest, Response: Sendable>: Filter {
    private let policy: AuthorizationPolicy
    private let onDenied: @Sendable (AuthorizationError) -> Void

    /// Creates a filter.
    ///
    /// - Parameters:
    ///   - policy: Who may do what.
    ///   - onDenied: Told of every request that is denied, in both modes; it must return quickly.
    public init(_ policy: AuthorizationPolicy, onDenied: @escaping @Sendable (AuthorizationError) -> Void = { _ in }) {
        self.policy = policy
        self.onDenied = onDenied
    }

    /// Asks `next` if the policy allows it.
    ///
    /// - Throws: ``AuthorizationError``.
    public func call<Next: Service<Request, Response>>(
        _ request: Request,
        context: CallContext,
        next: Next
    ) async throws -> Response {
        let identity = request.peerIdentity?.spiffeID
        let (method, path) = (request.authorizationMethod, request.authorizationPath)
        let decision = policy.decide(identity: identity, method: method, path: path)
        if decision.verdict == .denied {
            let error = AuthorizationError(identity: identity, method: method, path: path, decision: decision)
            onDenied(error)
            if policy.mode == .enforce { throw error }
        }
        return try await next.call(request, context: context)
    }
}

/// A request that a policy denies.
public struct AuthorizationError: Error, Hashable, CustomStringConvertible {
    /// Who asked; `nil` if nobody had proved anything.
    public let identity: SPIFFEID?
    /// The method of the request.
    public let method: String
    /// The path of the request as it came.
    public let path: String
    /// What the policy said.
    public let decision: AuthorizationDecision

    /// Creates an error, for a server that asks ``AuthorizationPolicy/decide(identity:method:path:)`` itself.
    public init(identity: SPIFFEID?, method: String, path: String, decision: AuthorizationDecision) {
        self.identity = identity
        self.method = method
        self.path = path
        self.decision = decision
    }

    /// Who, what and why, for the log of the server. Not for the peer, which should learn nothing about the rules.
    public var description: String {
        "\(identity.map { "\($0)" } ?? "nobody"): \(method.visible(upTo: 32)) \(path.quoted()) was \(decision)"
    }
}
#endif
