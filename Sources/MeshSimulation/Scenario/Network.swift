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
