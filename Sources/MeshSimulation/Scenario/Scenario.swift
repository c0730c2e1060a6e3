import MeshCore

/// A fleet of clients and servers, and what happens to it: the input of a ``Simulation``.
///
/// Made in code or read from a file with ``init(contentsOfFile:)``; the format is in `docs/guides/simulation.md`.
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
        /// How many times the calls of the scenario come; 1 by default, more than 0. Of no consequence for callers that wait for
        /// one another.
        public var load: Double

        /// Creates a variant.
        ///
        /// - Precondition: `load` is positive.
        public init(_ name: String, _ settings: [Setting] = [], load: Double = 1) {
            precondition(load > 0 && load.isFinite)
            self.name = name
            self.settings = settings
            self.load = load
        }

        /// A variant with another policy for load balancing, by its name in the configuration: `least_request`.
        public static func policy(_ name: String) -> Variant {
            Variant(name, [Setting("loadBalancing.policy", name)])
        }
    }
}

extension Scenario {
    /// The variants at each of some loads, in the order of the loads: ``Variant/load``. The load becomes part of the name.
    public func variants(atLoads loads: [Double]) -> [Variant] {
        let variants = variants.isEmpty ? [Variant("default")] : variants
        return loads.flatMap { load in
            variants.map { Variant("\($0.name), load \(load)", $0.settings, load: $0.load * load) }
        }
    }

    /// The same scenario with so many times the calls.
    func scaled(by load: Double) -> Scenario {
        guard load != 1 else { return self }
        var scenario = self
        switch clients.arrivals {
        case .poisson(let perSecond): scenario.clients.arrivals = .poisson(perSecond: perSecond * load)
        case .constant(let perSecond): scenario.clients.arrivals = .constant(perSecond: perSecond * load)
        case .closed: break
        }
        for (index, event) in timeline.enumerated() {
            guard case .rate(let perSecond) = event.change else { continue }
            scenario.timeline[index].change = .rate(perSecond: perSecond * load)
        }
        return scenario
    }
}

/// Who calls, and how often.
public struct ClientFleet: Hashable, Sendable {
    /// When the next call comes.
    public enum Arrivals: Hashable, Sendable {
        /// At random, whatever became of the calls before: so many a second of the whole fleet.
        case poisson(perSecond: Double)
        /// At equal distances, whatever became of the calls before: so many a second of the whole fleet.
        case constant(perSecond: Double)
        /// So many callers, each of which calls again when its call has ended.
        case closed(concurrency: Int)
    }

    /// How many mesh instances there are, each with what it has learnt for itself. 1 by default.
    public var count: Int
    /// The zones in which they run, one after the other; none by default.
    public var zones: [String]
    /// How calls arrive; 100 a second at random by default.
    public var arrivals: Arrivals
    /// After how many calls no more come; `nil`, the default, for no limit.
    public var maximumCalls: Int?
    /// What calls are about, which policies that hash go by; nothing by default.
    public var keys: CallKeys?

    /// Creates a fleet of clients.
    ///
    /// - Precondition: There is at least one client, and at least one call a second or caller.
    public init(
        count: Int = 1,
        zones: [String] = [],
        arrivals: Arrivals = .poisson(perSecond: 100),
        maximumCalls: Int? = nil,
        keys: CallKeys? = nil
    ) {
        precondition(count > 0, "a fleet has at least one client")
        self.count = count
        self.zones = zones
        self.arrivals = arrivals
        self.maximumCalls = maximumCalls
        self.keys = keys
    }
}

/// What lies between clients and servers.
public struct Network: Hashable, Sendable {
    /// From one zone to another.
    public struct Link: Hashable, Sendable {
        /// Where it begins.
        public var from: String
        /// Where it ends.
        public var to: String
        /// How long a message takes.
        public var latency: Duration

        /// Creates a link.
        public init(from: String, to: String, latency: Duration) {
            self.from = from
            self.to = to
            self.latency = latency
        }
    }

    /// How long a message takes one way, where no link says otherwise; nothing by default.
    public var latency: Duration
    /// Between zones where it takes another time. A link counts in both directions, unless the other has one of its own.
    public var links: [Link]

    /// Creates a network.
    public init(latency: Duration = .zero, links: [Link] = []) {
        self.latency = latency
        self.links = links
    }

    /// How long a message takes from one zone to another.
    func latency(from: String, to: String) -> Duration {
        if let link = links.first(where: { $0.from == from && $0.to == to }) { return link.latency }
        if let link = links.first(where: { $0.from == to && $0.to == from }) { return link.latency }
        return latency
    }
}
