public import MeshCore

/// Picks an endpoint for each attempt and asks it: the balancer, the classifier and a transport together.
public struct Balanced<Carrier: Transport, Judge: Classifier, Observer: AttemptObserver>: AttemptSource
where Judge.Request == Carrier.Request, Judge.Response == Carrier.Response {
    @usableFromInline let balancer: LoadBalancer
    @usableFromInline let transport: Carrier
    @usableFromInline let classifier: Judge
    @usableFromInline let clock: MeshClock
    @usableFromInline let observer: Observer

    /// Creates the source of attempts.
    public init(
        over balancer: LoadBalancer,
        transport: Carrier,
        classifier: Judge,
        clock: MeshClock,
        observer: Observer
    ) {
        self.balancer = balancer
        self.transport = transport
        self.classifier = classifier
        self.clock = clock
        self.observer = observer
    }

    /// Picks an endpoint, asks it once, and ends the lease when the response is over.
    ///
    /// Its clock is read when the response is there, and again when its body ends; the attempt began when
    /// `context.attemptStartedAt` says.
    @inlinable @inline(__always)
    public func attempt(
        _ request: Carrier.Request,
        context: CallContext
    ) async -> Attempt<Carrier.Response> {
        let start = context.attemptStartedAt
        var lease: Lease
        do {
            lease = try balancer.pick(
                at: start,
                avoiding: context.avoiding,
                hashKey: context.hashKey,
                subset: context.subset
            )
        } catch {
            return Attempt(.failure(Self.meshError(error, context)), outcome: .inconclusive)
        }
        let endpoint = lease.endpoint
        observer.attemptStarted(number: context.attempt)
        do {
            var response = try await transport.send(request, to: endpoint, context: context)
            let now = clock.now
            let outcome = classifier.outcome(of: response, to: request)
            if lease.wantsLoadReport(at: now) {
                // Of a response that is whole the trailers are known, too.
                let report =
                    classifier.loadReport(of: response)
                    ?? (response.isOver ? classifier.trailingLoadReport(of: response)?() : nil)
                if let report { lease.record(report, at: now) }
            }
            if lease.wantsProbeResponse, let answer = classifier.probeResponse(of: response) {
                lease.record(answer, at: now)
            }
            if response.isOver {
                lease.end(outcome, at: now)
                observer.attemptEnded(.response(outcome.verdict, .complete), after: now.nanoseconds(since: start))
            } else if outcome.verdict == .success {
                lease.headArrived(at: now)
                let trailing = lease.takesLoadReports ? classifier.trailingLoadReport(of: response) : nil
                let held = HeldLease(lease)
                response.onEnd { [clock, classifier, observer] end in
                    let now = clock.now
                    if let trailing { held.record(trailing(), at: now) }
                    held.end(end.outcome { classifier.outcome(of: $0, for: request) }, at: now)
                    observer.attemptEnded(.response(.success, end), after: now.nanoseconds(since: start))
                }
            } else {
                lease.end(outcome, at: now)
                response.onEnd { [clock, observer] end in
                    let duration = clock.now.nanoseconds(since: start)
                    observer.attemptEnded(.response(outcome.verdict, end), after: duration)
                }
            }
            return Attempt(.success(response), outcome: outcome, endpoint: endpoint, from: start, to: now)
        } catch {
            let now = clock.now
            let outcome = classifier.outcome(of: error, for: request)
            lease.end(outcome, at: now)
            observer.attemptEnded(.error(error), after: now.nanoseconds(since: start))
            return Attempt(.failure(error), outcome: outcome, endpoint: endpoint, from: start, to: now)
        }
    }

    @usableFromInline
    static func meshError(_ error: PickError, _ context: CallContext) -> MeshError {
        switch error {
        case .noEndpoints: MeshError(.noEndpoints, service: context.service)
        case .noEndpointsInSubset: MeshError(.noEndpoints, service: context.service, detail: "\(error)")
        case .unavailable, .full: MeshError(.unavailable, service: context.service, detail: "\(error)")
        }
    }
}

extension Balanced where Observer == NoAttemptObserver {
    /// Creates the source of attempts that nobody observes.
    public init(over balancer: LoadBalancer, transport: Carrier, classifier: Judge, clock: MeshClock) {
        self.init(
            over: balancer,
            transport: transport,
            classifier: classifier,
            clock: clock,
            observer: NoAttemptObserver()
        )
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
