import MeshCore
import Synchronization

/// What the threads of one stripe pick with.
final class PickStripe: Sendable {
    struct State {
        var snapshot: EndpointSnapshot
        var draws: Draws

        mutating func replace(_ snapshot: EndpointSnapshot) {
            self.snapshot = snapshot
            draws.reported = []
            draws.loads = []
        }
    }

    struct Draws {
        var random: SplitMix64
        /// How far weighted round robin has come.
        var sequence: UInt64
        var glances = Glances()
        /// The weights that endpoints report, of each group that was picked from.
        var reported: [ReportedStrides] = []
        /// What each group that was picked from has in flight, where loads are bounded.
        var loads: [CountedLoad] = []
    }

    let state: Mutex<State>
    // Keeps two stripes off one cache line (or the pair of lines that is fetched at once).
    private let padding = CachePadding()

    init(snapshot: EndpointSnapshot, random: SplitMix64) {
        var random = random
        // Stripes begin their rounds at different endpoints.
        let sequence = random.next() >> 32
        state = Mutex(State(snapshot: snapshot, draws: Draws(random: random, sequence: sequence)))
    }
}
