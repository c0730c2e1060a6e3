public import MeshAdmission
public import MeshCircuitBreaking
public import MeshCore
public import MeshDiscovery
public import MeshHTTP
public import MeshLoadBalancing
public import MeshRetries

/// How one service is called: where its endpoints come from, and every policy on the way to them.
///
/// ```swift
/// var users = ServiceConfiguration(target: try Target("dns:///users.prod.svc:8080"))
/// users.deadline.timeout = .seconds(2)
/// users.retries.maximumAttempts = 2
/// ```
public struct ServiceConfiguration: Hashable, Sendable {
    /// Where the endpoints come from.
    public var target: Target
    /// How an endpoint is chosen; peak EWMA by default.
    public var loadBalancing: LoadBalancingPolicy
    /// The header whose value is the key of a call, for policies that hash, if the call brings no `CallContext.hashKey`; `nil`,
    /// the default, for none. XXH64 of its first value.
    public var hashHeader: String?
    /// Where an HTTP client of the mesh sends the probes of the policy `prequal`: a path, `/prequal-probe` by default; `nil` for
    /// none, if the answers on the back of responses will do. A transport that is an `EndpointProber` itself has its own way.
    public var probePath: String?
    /// When an endpoint is ejected; `CircuitBreakerPolicy.disabled` for never.
    public var circuitBreaking: CircuitBreakerPolicy
    /// What narrows the choice before the policy chooses: priorities, localities, subsets, slow start, a ceiling.
    public var routing: EndpointRouting
    /// When a call is tried again; `RetryPolicy.none` for never.
    public var retries: RetryPolicy
    /// How long a call may take; 15 s by default.
    public var deadline: DeadlinePolicy
    /// How far discovery is trusted when it answers "nobody" or removes endpoints.
    public var stabilization: Stabilization
    /// Which HTTP results are the endpoint's fault and which may be retried.
    public var http: HTTPClassification

    /// Creates a configuration; everything but the target has a default that is safe in production.
    public init(
        target: Target,
        loadBalancing: LoadBalancingPolicy = .peakEWMA,
        hashHeader: String? = nil,
        probePath: String? = ProbeHeader.defaultPath,
        circuitBreaking: CircuitBreakerPolicy = CircuitBreakerPolicy(),
        routing: EndpointRouting = EndpointRouting(),
        retries: RetryPolicy = RetryPolicy(),
        deadline: DeadlinePolicy = DeadlinePolicy(),
        stabilization: Stabilization = Stabilization(),
        http: HTTPClassification = HTTPClassification()
    ) {
        self.target = target
        self.loadBalancing = loadBalancing
        self.hashHeader = hashHeader
        self.probePath = probePath
        self.circuitBreaking = circuitBreaking
        self.routing = routing
        self.retries = retries
        self.deadline = deadline
        self.stabilization = stabilization
        self.http = http
    }
}
