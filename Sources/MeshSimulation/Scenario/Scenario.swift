public import MeshLoadBalancing

/// A fleet of clients and servers, and what happens to it: the input of a ``Simulation``.
///
/// Made in code or read from a file with ``init(contentsOfFile:)``; the format is in `docs/guides/simulation.md`. One that was made in
/// code obeys the rules of one from a file: ``check()`` says so, and a ``Simulation`` is made of no other. Durations are from 0 to
/// 10,000 hours and numbers from 0.000001 to 1,000,000, unless said otherwise.
public struct Scenario: Hashable, Sendable {
    /// What it is called; the file's name without its ending, unless said otherwise.
    public var name: String
    /// What it shows, for a person.
    public var summary: String
    /// How long calls arrive. A minute by default.
    public var duration: Duration
    /// How much of the beginning is not measured; nothing by default.
    public var warmUp: Duration
    /// Where all randomness comes from; 1 by default.
    public var seed: UInt64
    /// Who calls.
    public var clients: ClientFleet
    /// Who answers. The endpoints are listed in this order.
    public var servers: [ServerGroup]
    /// What lies between them.
    public var network: Network
    /// How long a change of the servers takes to reach a client; nothing by default.
    public var discoveryDelay: Duration
    /// The settings of the mesh, under the keys of a service in the configuration: `retries.maximumAttempts` to `2`.
    public var settings: [Setting]
    /// What is to be compared: the same fleet with other settings. One variant without any by default.
    public var variants: [Variant]
    /// What happens when, in any order.
    public var timeline: [TimelineEvent]

    /// Creates a scenario.
    public init(
        name: String,
        summary: String = "",
        duration: Duration = .seconds(60),
        warmUp: Duration = .zero,
        seed: UInt64 = 1,
        clients: ClientFleet = ClientFleet(),
        servers: [ServerGroup],
        network: Network = Network(),
        discoveryDelay: Duration = .zero,
        settings: [Setting] = [],
        variants: [Variant] = [],
        timeline: [TimelineEvent] = []
    ) {
        self.name = name
        self.summary = summary
        self.duration = duration
        self.warmUp = warmUp
        self.seed = seed
        self.clients = clients
        self.servers = servers
        self.network = network
        self.discoveryDelay = discoveryDelay
        self.settings = settings
        self.variants = variants
        self.timeline = timeline
    }

    /// One setting of the mesh under its key of the configuration, with its value as text.
    public struct Setting: Hashable, Sendable {
        /// The key below `mesh.service.NAME`: `loadBalancing.policy`.
        public var key: String
        /// The value as the configuration writes it: `peak_ewma`, `250ms`, `20%`.
        public var value: String

        /// Creates a setting.
        public init(_ key: String, _ value: String) {
            self.key = key
            self.value = value
        }
    }

    /// The same fleet with other settings.
    public struct Variant: Hashable, Sendable {
        /// What it is called in tables and plots.
        public var name: String
        /// Settings that come on top of those of the scenario.
        public var settings: [Setting]
        /// The policy for load balancing, one of yours for example; `nil`, the default, for the one that the settings name.
        public var policy: LoadBalancingPolicy?
        /// How many times the calls of the scenario come; 1 by default. Of no consequence for callers that wait for
        /// one another. At most 1000.
        public var load: Double

        /// Creates a variant.
        public init(
            _ name: String,
            _ settings: [Setting] = [],
            policy: LoadBalancingPolicy? = nil,
            load: Double = 1
        ) {
            self.name = name
            self.settings = settings
            self.policy = policy
            self.load = load
        }

        /// A variant with another policy for load balancing, by its name in the configuration: `least_request`.
        public static func policy(_ name: String) -> Variant {
            Variant(name, [Setting("loadBalancing.policy", name)])
        }

        /// A variant with another policy for load balancing: `.policy(.custom(mine))`.
        public static func policy(_ policy: LoadBalancingPolicy) -> Variant { Variant(policy.name, policy: policy) }
    }
}
