import MeshCore

/// How calls are spread over priorities: to the first as long as enough of it is available, then by degrees to the next.
///
/// Envoy's rule with its integer percents (`priority.rst`): a priority counts as whole as long as its available share
/// times ``EndpointRouting/overprovisioning`` is at least 1; what is missing goes to the next. Panic is looked at for
/// each priority, and only when all of them together are not whole.
struct PriorityLoads: Hashable, Sendable {
    struct Level: Hashable, Sendable {
        /// Percent of all calls.
        var load: Int
        /// Whether availability is ignored within it.
        var isPanic: Bool
    }

    let levels: [Level]

    /// Spreads calls over priorities, the first of which comes first.
    ///
    /// - Parameters:
    ///   - counts: The endpoints of each priority that are available, and all of them.
    ///   - overprovisioning: In percent.
    init(_ counts: [(available: Int, total: Int)], overprovisioning: Int, panicThreshold: Fraction) {
        let health = counts.map { count in
            count.total == 0 ? 0 : min(100, overprovisioning * count.available / count.total)
        }
        let sum = min(100, health.reduce(0, +))
        let mayPanic = panicThreshold > .zero
        guard sum > 0 else {
            // Nobody is available: the first priority that has endpoints takes what comes.
            let first = counts.firstIndex { $0.total > 0 }
            levels = counts.indices.map { Level(load: $0 == first ? 100 : 0, isPanic: mayPanic && $0 == first) }
            return
        }
        let panics = counts.map { sum < 100 && mayPanic && panicThreshold.exceeds($0.available, of: $0.total) }
        var left = 100
        var loads = health.map { health in
            let load = min(left, (health * 100 + sum / 2) / sum)
            left -= load
            return load
        }
        // What rounding leaves goes to the first that is asked at all.
        if left > 0, let first = loads.firstIndex(where: { $0 > 0 }) { loads[first] += left }
        levels = zip(loads, panics).map { Level(load: $0, isPanic: $1) }
    }
}
