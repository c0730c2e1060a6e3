/// What takes a server's machine away now and then.
public enum Antagonist: Hashable, Sendable {
    /// Comes and goes at random: calm for `calm`, then busy for `busy` on average, both memoryless, each server on its own.
    /// While it is busy everything takes `slowdown` times as long.
    case random(calm: Duration, busy: Duration, slowdown: Double)
    /// Comes and goes in the same way; while it is busy only so many of the server's ``ServerGroup/cores`` are left to it.
    case throttle(calm: Duration, busy: Duration, cores: Double)
    /// Comes by a timetable, counted from the beginning of the scenario, the same for each server of the group.
    case schedule([Step])

    /// From an instant on everything takes `slowdown` times as long.
    public struct Step: Hashable, Sendable {
        /// When, counted from the beginning.
        public var at: Duration
        /// How many times as long everything takes.
        public var slowdown: Double

        /// Creates a step.
        public init(at: Duration, slowdown: Double) {
            self.at = at
            self.slowdown = slowdown
        }
    }
}
