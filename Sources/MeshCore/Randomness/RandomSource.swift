import Synchronization

/// Randomness shared by many tasks: one atomic counter, mixed as in ``SplitMix64``.
///
/// For what is drawn now and then (jitter, an identifier). What is drawn on every call belongs in a generator of its
/// own for each stripe, because two cores would fight over this counter.
public final class RandomSource: Sendable {
    private let counter: Atomic<UInt64>

    /// Creates a source. The same seed gives the same numbers in the same order of draws.
    public init(seed: UInt64) {
        counter = Atomic(seed)
    }

    /// Creates a source with a seed from the system.
    public convenience init() {
        self.init(seed: .random(in: .min ... .max))
    }

    /// The next number.
    public func next() -> UInt64 {
        SplitMix64.mixed(counter.wrappingAdd(0x9E37_79B9_7F4A_7C15, ordering: .relaxed).newValue)
    }

    /// An independent generator, seeded from this source.
    public func makeGenerator() -> SplitMix64 {
        SplitMix64(seed: next())
    }
}
