/// Servers that are all alike.
public struct ServerGroup: Hashable, Sendable {
    /// What happens to a request whose caller has given up.
    public enum AbandonedRequests: Hashable, Sendable {
        /// The server does not notice, and does the work for nobody.
        case served
        /// A request that still waits is not begun.
        case dropped
    }

    /// How servers answer clients that want to know how loaded they are: those whose policy is `prequal`.
    public enum ProbeAnswers: Hashable, Sendable {
        /// Not at all.
        case none
        /// When a client asks, which takes the network's time both ways and costs the server nothing.
        case separate
        /// On the back of every response.
        case onResponses
        /// Both.
        case both
    }

    /// The name by which the timeline speaks of them.
    public var name: String
    /// How many there are at the beginning.
    public var count: Int
    /// How many requests each works on at once; `nil`, the default, for any number.
    public var workers: Int?
    /// How many cores the requests that each works on share evenly, none of them on more than one; `nil`, the default, if every
    /// request has a core of its own. Need not be whole.
    public var cores: Double?
    /// How many requests wait at each, at most; more are answered with 503 at once. `nil`, the default, for any number.
    public var queueLimit: Int?
    /// How much work a request is. 10 ms by default.
    public var work: WorkDistribution
    /// How fast they work: 2 halves every time. 1 by default.
    public var speed: Double
    /// The zones in which they run, one after the other; none by default.
    public var zones: [String]
    /// What discovery says of their weight; 1 by default.
    public var weight: UInt32
    /// What discovery says of their priority: those of 0, the default, are asked first.
    public var priority: UInt32
    /// What else discovery says of them, for calls that ask for a subset; nothing by default.
    public var metadata: [String: String]
    /// How a server begins after its start, also at the beginning of the scenario; at full speed by default.
    public var warmUp: WarmUp?
    /// What else uses the machine; nothing by default.
    public var antagonist: Antagonist?
    /// What goes wrong from the beginning; nothing by default.
    public var fault: ServerFault?
    /// What happens to a request whose caller has given up; it is served by default.
    public var abandoned: AbandonedRequests
    /// How they answer probes; in both ways by default.
    public var probes: ProbeAnswers
    /// The time over which they average the load that they report with every response to clients whose policy is
    /// `client_side_weighted_round_robin`. 1 s by default; more than 0.
    public var reportWindow: Duration

    /// Creates a group.
    public init(
        _ name: String,
        count: Int,
        workers: Int? = nil,
        cores: Double? = nil,
        queueLimit: Int? = nil,
        work: WorkDistribution = .constant(.milliseconds(10)),
        speed: Double = 1,
        zones: [String] = [],
        weight: UInt32 = 1,
        priority: UInt32 = 0,
        metadata: [String: String] = [:],
        warmUp: WarmUp? = nil,
        antagonist: Antagonist? = nil,
        fault: ServerFault? = nil,
        abandoned: AbandonedRequests = .served,
        probes: ProbeAnswers = .both,
        reportWindow: Duration = .seconds(1)
    ) {
        self.name = name
        self.count = count
        self.workers = workers
        self.cores = cores
        self.queueLimit = queueLimit
        self.work = work
        self.speed = speed
        self.zones = zones
        self.weight = weight
        self.priority = priority
        self.metadata = metadata
        self.warmUp = warmUp
        self.antagonist = antagonist
        self.fault = fault
        self.abandoned = abandoned
        self.probes = probes
        self.reportWindow = reportWindow
    }
}
