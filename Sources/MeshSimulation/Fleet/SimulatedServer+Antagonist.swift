import MeshCore

extension SimulatedServer {
    /// Lets the antagonist begin.
    func startAntagonist(origin: MeshInstant) {
        switch group.antagonist {
        case nil:
            break
        case .schedule(let steps):
            for step in steps {
                let instant = origin.advanced(by: step.at)
                if instant <= time.now {
                    setSlowness { $0.antagonist = step.slowdown }
                } else {
                    time.schedule(at: instant) { [self] in setSlowness { $0.antagonist = step.slowdown } }
                }
            }
        case .random(let calm, let busy, let slowdown):
            beginAlternating(calm: calm, busy: busy) { $0.antagonist = $1 ? slowdown : 1 }
        case .throttle(let calm, let busy, let cores):
            beginAlternating(calm: calm, busy: busy) { $0.coresLeft = $1 ? cores : nil }
        }
    }

    private typealias Change = @Sendable (inout Slowness, _ isBusy: Bool) -> Void

    private func beginAlternating(calm: Duration, busy: Duration, _ change: @escaping Change) {
        var own = SplitMix64(seed: drawSeed())
        // In the state in which it is found at a random instant.
        let isBusy = own.unit() < busy.inSeconds / max(busy.inSeconds + calm.inSeconds, 1e-9)
        alternate(isBusy: isBusy, calm: calm, busy: busy, random: own, change)
    }

    private func alternate(
        isBusy: Bool,
        calm: Duration,
        busy: Duration,
        random: SplitMix64,
        _ change: @escaping Change
    ) {
        var random = random
        setSlowness { change(&$0, isBusy) }
        let stay = (isBusy ? busy : calm).inSeconds * random.exponential()
        let next = random
        let instant = time.now.advanced(byNanoseconds: stay * 1e9).advanced(by: .nanoseconds(1))
        // Also while the process is down: the antagonist is the machine's.
        time.schedule(at: instant) { [self] in
            alternate(isBusy: !isBusy, calm: calm, busy: busy, random: next, change)
        }
    }
}
