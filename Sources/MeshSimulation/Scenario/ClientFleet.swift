/// Who calls, and how often.
public struct ClientFleet: Hashable, Sendable {
    /// When the next call comes.
    public enum Arrivals: Hashable, Sendable {
        /// At random, whatever became of the calls before: so many a second of the whole fleet.
        case poisson(perSecond: Double)
        /// At equal distances, whatever became of the calls before: so many a second of the whole fleet.
        case constant(perSecond: Double)
        /// So many callers, each of which calls again when its call has ended; a millisecond later if that took no time at all.
        case closed(concurrency: Int)
    }

    /// How many mesh instances there are, each with what it has learnt for itself, from 1 to 100,000. 1 by default.
    public var count: Int
    /// The zones in which they run, one after the other; none by default.
    public var zones: [String]
    /// How calls arrive; 100 a second at random by default.
    public var arrivals: Arrivals
    /// After how many calls no more come; `nil`, the default, for no limit.
    public var maximumCalls: Int?
    /// What calls are about, which policies that hash go by; nothing by default.
    public var keys: CallKeys?
    /// The subset that calls ask for; none by default.
    public var subset: CallSubset?

    /// Creates a fleet of clients.
    public init(
        count: Int = 1,
        zones: [String] = [],
        arrivals: Arrivals = .poisson(perSecond: 100),
        maximumCalls: Int? = nil,
        keys: CallKeys? = nil,
        subset: CallSubset? = nil
    ) {
        self.count = count
        self.zones = zones
        self.arrivals = arrivals
        self.maximumCalls = maximumCalls
        self.keys = keys
        self.subset = subset
    }
}
