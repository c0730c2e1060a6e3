import MeshCore

/// Something that happens to a fleet.
public struct TimelineEvent: Hashable, Sendable {
    /// When, counted from the beginning of the scenario.
    public var at: Duration
    /// What.
    public var change: Change

    /// Creates an event.
    public init(at: Duration, _ change: Change) {
        self.at = at
        self.change = change
    }

    /// Which servers something happens to.
    public struct Selection: Hashable, Sendable {
        /// The group.
        public var group: String
        /// How many of those that run, the oldest first; `nil`, the default, for all.
        public var count: Int?

        /// Creates a selection.
        public init(_ group: String, count: Int? = nil) {
            self.group = group
            self.count = count
        }
    }

    /// What happens. Of slow-downs that overlap at a server the one that began last counts, and when it ends the one before it
    /// again; likewise of faults.
    public enum Change: Hashable, Sendable {
        /// Calls come at another rate: so many a second of the whole fleet.
        case rate(perSecond: Double)
        /// Everything takes `factor` times as long, for a time or, with `nil`, to the end.
        case slow(Selection, factor: Double, for: Duration?)
        /// A fault, for a time or, with `nil`, to the end.
        case fail(Selection, ServerFault, for: Duration?)
        /// The process dies: what it worked on is lost, and connections are refused. Discovery does not know. It starts again
        /// at the same address after a time, or with `nil` never.
        case crash(Selection, for: Duration?)
        /// So many more servers of a group start, at equal distances over a time; discovery knows them at once.
        case add(group: String, count: Int, over: Duration)
        /// Servers leave at equal distances over a time: discovery drops each, and it stops `drain` later.
        case remove(Selection, over: Duration, drain: Duration)
        /// Every server is replaced by a new one at another address: `batch` at a time leave discovery, stop `drain` later,
        /// start anew after `downtime`, and the next batch follows `pause` after that.
        case deploy(group: String, batch: Int, drain: Duration, downtime: Duration, pause: Duration)
        /// Nothing that is sent to the servers of a zone arrives, for a time or, with `nil`, to the end. Discovery does not
        /// know.
        case loseZone(String, for: Duration?)
        /// So many clients, or with `nil` all, are replaced by new ones at equal distances over a time: what they have learnt is
        /// lost. Calls under way end as they would have.
        case restartClients(count: Int?, over: Duration)
    }
}
