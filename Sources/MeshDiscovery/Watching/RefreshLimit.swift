import MeshCore

/// Lets at most one hint pass in each interval, so that a thousand refused connections cause one question.
struct RefreshLimit: Hashable, Sendable {
    /// The time between two hints that pass.
    let interval: Duration
    private var lastPass: MeshInstant?

    /// Creates a limit.
    ///
    /// - Precondition: `interval` is not negative.
    init(interval: Duration) {
        precondition(interval >= .zero, "the interval of a refresh limit must not be negative")
        self.interval = interval
    }

    /// Whether a hint at `now` passes. One that does not is forgotten: if the doubt is founded, there will be another.
    mutating func admits(at now: MeshInstant) -> Bool {
        if let lastPass, now < lastPass.advanced(by: interval) { return false }
        lastPass = now
        return true
    }
}
