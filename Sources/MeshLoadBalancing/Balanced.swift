public import MeshCore

/// Picks an endpoint for each attempt and asks it: the balancer, the classifier and a transport together.
public struct Balanced<Carrier: Transport, Judge: Classifier>: AttemptSource
where Judge.Request == Carrier.Request, Judge.Response == Carrier.Response {
    @usableFromInline let balancer: LoadBalancer
    @usableFromInline let transport: Carrier
    @usableFromInline let classifier: Judge
    @usableFromInline let clock: MeshClock

    /// Creates the source of attempts.
    public init(over balancer: LoadBalancer, transport: Carrier, classifier: Judge, clock: MeshClock) {
        self.balancer = balancer
        self.transport = transport
        self.classifier = classifier
        self.clock = clock
    }

    /// Picks an endpoint, asks it once, and ends the lease when the response is over.
    @inlinable
    public func attempt(
        _ request: Carrier.Request,
        context: CallContext
    ) async -> Attempt<Carrier.Response> {
        // Not the start of the call, not even for its first attempt: what the call has waited for so far (discovery, a
        // rate limit) is not the endpoint's latency.
        let start = clock.now
        var lease: Lease
        do {
            lease = try balancer.pick(at: start, avoiding: context.avoiding)
        } catch {
            return Attempt(.failure(Self.meshError(error, context)), outcome: .inconclusive)
        }
        let endpoint = lease.endpoint
        do {
            var response = try await transport.send(request, to: endpoint, context: context)
            let now = clock.now
            let outcome = classifier.outcome(of: response, to: request)
            if Carrier.Response.isStreaming, outcome.verdict == .success {
                lease.headArrived(at: now)
                let held = HeldLease(lease)
                response.onEnd { [clock, classifier] end in
                    held.end(end.outcome { classifier.outcome(of: $0, for: request) }, at: clock.now)
                }
            } else {
                lease.end(outcome, at: now)
            }
            return Attempt(.success(response), outcome: outcome, endpoint: endpoint, from: start, to: now)
        } catch {
            let now = clock.now
            let outcome = classifier.outcome(of: error, for: request)
            lease.end(outcome, at: now)
            return Attempt(.failure(error), outcome: outcome, endpoint: endpoint, from: start, to: now)
        }
    }

    @usableFromInline
    static func meshError(_ error: PickError, _ context: CallContext) -> MeshError {
        switch error {
        case .noEndpoints: MeshError(.noEndpoints, service: context.service)
        case .unavailable: MeshError(.unavailable, service: context.service, detail: "\(error)")
        }
    }
}

extension ResponseEnd {
    /// What the end of a body says about the endpoint, its head having been good.
    @inlinable
    func outcome(of judge: (any Error) -> Outcome) -> Outcome {
        switch self {
        case .complete: .success
        case .failed(let error): judge(error)
        case .dropped: .success
        }
    }
}
