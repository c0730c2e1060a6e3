import MeshCore
import Synchronization

/// An endpoint as one endpoint set describes it, with the state that it shares with its earlier descriptions.
///
/// A call in flight keeps it alive without counting a reference, because that count would be one more word that all
/// cores write: the snapshots hold the node while it can be picked, and from ``close()`` on it holds itself until the
/// last call has ended. Nothing may touch it after the end of the call for which it was picked.
final class EndpointNode: Sendable {
    /// What all nodes of a balancer have in common.
    final class Surroundings: Sendable {
        let metric: PeakEWMA
        /// How reports of load are read, where somebody wants to know.
        let reports: ReportedWeights?
        /// Prequal, if that is the policy.
        let prequal: PrequalPicking?
        let words: StripedWords.Pool
        let drained: @Sendable (Endpoint) -> Void

        init(
            policy: LoadBalancingPolicy,
            stripes: Int,
            prequal: PrequalPicking? = nil,
            drained: @escaping @Sendable (Endpoint) -> Void
        ) {
            self.prequal = prequal
            metric = if case .peakEWMA(let metric) = policy { metric } else { PeakEWMA() }
            reports = if case .reportedWeights(let rule) = policy { rule } else { nil }
            self.words = StripedWords.Pool(width: CallCount.width, stripes: stripes)
            self.drained = drained
        }
    }

    let endpoint: Endpoint
    let state: EndpointState
    /// Where it stands in the set.
    let position = Atomic<Int>(0)
    private let calls: CallCount
    private let surroundings: Surroundings

    init(endpoint: Endpoint, state: EndpointState, in surroundings: Surroundings) {
        self.endpoint = endpoint
        self.state = state
        self.calls = CallCount(surroundings.words.take())
        self.surroundings = surroundings
        state.descriptionCame()
    }

    /// Whether as many calls have ended as begun.
    var isSettled: Bool { calls.total &+ state.earlier == 0 }

    /// The calls in flight to the endpoint, under this description or an earlier one.
    var inFlight: Int { CallCount.Calls(word: calls.total &+ state.earlier).inFlight }

    /// The calls in flight under this description, as stripes see them. Valid as long as the node is.
    var sight: CallCount.Sight { calls.sight }

    func begin(on stripe: Int) {
        calls.begin(on: stripe)
    }

    func admit(at now: MeshInstant) -> HealthTicket? { state.admit(at: now) }

    @inline(__always)
    func record(_ outcome: Outcome, of ticket: HealthTicket, at now: MeshInstant) {
        state.record(outcome, of: ticket, at: now)
    }

    /// The head of a response is in; its body is not.
    func headArrived() {
        subtract(CallCount.Calls.waiting - CallCount.Calls.reading)
    }

    /// What a call that ends taught. Its end must follow.
    func learn(_ outcome: Outcome, latency: UInt64, at now: MeshInstant) {
        state.learn(outcome, latency: latency, by: surroundings.metric, at: now)
        surroundings.prequal?.record(outcome.verdict, of: state.number, at: now)
    }

    /// Whether a report of the endpoint's load is of use at `now`.
    func wantsLoadReport(at now: MeshInstant) -> Bool { state.reported?.takesReport(at: now) ?? false }

    /// What the endpoint answers to probes.
    func record(_ response: ProbeResponse, at now: MeshInstant) {
        surroundings.prequal?.record(response, from: state.number, at: now)
    }

    /// Whether answers to probes are of use.
    var wantsProbeResponses: Bool { surroundings.prequal != nil }

    func record(_ report: LoadReport, at now: MeshInstant) {
        guard let rule = surroundings.reports else { return }
        state.reported?.record(report, by: rule, at: now)
    }

    /// A call ends that waits for its head, or is not made after all.
    func endWaiting() {
        subtract(CallCount.Calls.waiting)
    }

    /// A call ends whose head has arrived.
    func endReading() {
        subtract(CallCount.Calls.reading)
    }

    /// The endpoint left the set: no stripe picks the node any more.
    func remove() {
        state.remove()
        close()
    }

    /// No stripe picks the node any more.
    ///
    /// A description that replaces this one has been in force since the stripes took the new snapshot, and until now has not
    /// seen the calls under this one: the endpoint looked less loaded than it was. It sees those that began since, so that in
    /// the microseconds between, or longer if the updating thread has to wait for a core, at most as many calls go there as it had
    /// in flight; and where an update redescribes all of them, they look alike. To hand the count over before would be worse: the
    /// description in force would count its calls twice, and a ceiling refuse calls for which there is room.
    func close() {
        _ = Unmanaged.passRetained(self)
        let inFlight = calls.close()
        state.changeEarlierCalls(by: inFlight)
        if calls.settle(CallCount.closing(inFlight)) { finish() }
    }

    private func subtract(_ word: UInt64) {
        if calls.subtract(word, on: Stripe.current(of: Stripe.maximum)) { return }
        state.changeEarlierCalls(by: 0 &- word)
        if calls.settle(word) { finish() }
    }

    private func finish() {
        if state.descriptionWent() { surroundings.drained(endpoint) }
        Unmanaged.passUnretained(self).release()
    }
}
