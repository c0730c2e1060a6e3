/// What calls are about: each has one of so many keys.
public struct CallKeys: Hashable, Sendable {
    /// How often each key comes.
    public enum Popularity: Hashable, Sendable {
        /// All equally often.
        case uniform
        /// The n-th in proportion to 1 / n^exponent.
        case zipf(exponent: Double)
    }

    /// How many keys there are, from 1 to 1,000,000.
    public var count: Int
    /// How often each comes; all equally often by default.
    public var popularity: Popularity

    /// Creates keys.
    public init(count: Int, popularity: Popularity = .uniform) {
        self.count = count
        self.popularity = popularity
    }
}
