/// How many calls an endpoint in the aperture should have in flight from this instance: below the band the aperture
/// shrinks, above it, it grows.
///
/// Finagle's `LoadBand`: an instance with little to do talks to few endpoints, one with much to do to many.
public struct LoadBand: Hashable, Sendable {
    /// At or below this many calls in flight for each endpoint the aperture shrinks: 0.875 by default, as in Finagle.
    public let low: Double
    /// At or above this many it grows: 1.125 by default, as in Finagle.
    public let high: Double
    /// The time after which what was in flight counts 1/e: 15 s by default, as in Finagle.
    public let window: Duration

    /// Creates a band.
    ///
    /// - Precondition: `low` is positive, `high` is greater and finite, and `window` is positive.
    public init(low: Double = 0.875, high: Double = 1.125, window: Duration = .seconds(15)) {
        precondition(low > 0 && low < high && high.isFinite, "\(low) to \(high) is not a band of load")
        precondition(window > .zero, "the window of a load band must be positive")
        self.low = low
        self.high = high
        self.window = window
    }
}
