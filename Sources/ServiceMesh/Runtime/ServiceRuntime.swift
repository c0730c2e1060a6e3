import MeshAdmission
import MeshCircuitBreaking
import MeshCore
import MeshDiscovery
import MeshLoadBalancing
import MeshRetries
import MeshTelemetry
import Synchronization

/// What all calls to one service share: its endpoints, their health, the budget, the metrics.
@usableFromInline
final class ServiceRuntime: Sendable {
    let service: ServiceName
    /// Whether a header says what a call is about.
    @usableFromInline let hasHashHeader: Bool
    let configuration: ServiceConfiguration
    let balancer: LoadBalancer
    let budget: SharedRetryBudget
    let observer: ServiceObserver
    let random: RandomSource

    private let watcher: EndpointWatcher
    private let entrance = Entrance()
    private let underWay = Atomic<Int>(0)
    private let draining: Counter
    private let transports: TransportRoster
    private let mesh: MeshParts
    private let task = Mutex<Task<Void, Never>?>(nil)
    private let idleProbes = Mutex(IdleProbes())

    private struct IdleProbes {
        var task: Task<Void, Never>?
        /// The mesh has shut down: nobody would stop another task.
        var isOver = false
    }

    init(_ service: ServiceName, _ configuration: ServiceConfiguration, in mesh: MeshParts) throws {
        let resolver = try mesh.environment.resolvers.resolver(for: configuration.target, clock: mesh.environment.clock)
        let observer = ServiceObserver(
            service,
            panicThreshold: configuration.routing.panicThreshold,
            weights: WeightWatch(configuration.loadBalancing, configuration.routing.subsetting),
            metrics: ServiceMetrics(service: service, backend: mesh.environment.metrics),
            events: mesh.events
        )
        let random = mesh.makeRandomSource()
        let transports = TransportRoster()
        let draining = Counter()
        let breakers = CircuitBreakers(configuration.circuitBreaking, random: random) { address, transition in
            observer.observe(transition, of: address)
        }
        observer.follow(breakers)
        let balancer = LoadBalancer(
            policy: configuration.loadBalancing,
            health: breakers,
            routing: configuration.routing,
            clock: mesh.environment.clock,
            seed: mesh.environment.seed.map { _ in random.next() },
            drained: {
                transports.retire($0)
                draining.add(-1)
            }
        )
        transports.follow(balancer)
        self.service = service
        self.configuration = configuration
        self.hasHashHeader = configuration.hashHeader != nil
        self.mesh = mesh
        self.balancer = balancer
        self.observer = observer
        self.random = random
        self.transports = transports
        self.draining = draining
        self.budget = SharedRetryBudget(configuration.retries.budget) { [metrics = observer.metrics] in
            metrics.setRetryBudgetBalance(Double($0))
        }
        self.watcher = EndpointWatcher(
            resolver,
            stabilization: configuration.stabilization,
            clock: mesh.environment.clock,
            onUpdate: { [entrance] set in
                // An endpoint may have drained by the time it is counted: the count is right when both have happened.
                let change = balancer.update(set)
                draining.add(change.removed.count)
                transports.prepare(change.added, for: service)
                observer.observeWeights(of: set)
                entrance.open()
            },
            onEvent: { [entrance] event in
                observer.observe(event)
                entrance.open()
            }
        )
    }

    /// The metrics of the service.
    var metrics: ServiceMetrics { observer.metrics }

    /// What retries report to.
    var retryObserver: @Sendable (RetryEvent) -> Void {
        { [observer, budget, watcher, clock = mesh.environment.clock] event in
            observer.observe(event, balance: budget.balance(at: clock.now))
            // Nobody was reached: the answer of discovery may be old.
            if event.outcome.verdict == .failure, event.outcome.retry == .neverSent { watcher.refresh() }
        }
    }

    deinit {
        task.withLock { $0?.cancel() }
        idleProbes.withLock { $0.task?.cancel() }
    }

    /// Begins to follow discovery.
    func start() {
        task.withLock { task in
            guard task == nil else { return }
            task = Task(executorPreference: mesh.environment.clock.executor) { [watcher] in await watcher.run() }
        }
    }

    /// Probes while there are no calls, so that the first one after a pause need not choose blindly.
    private func probeWhileIdle() {
        idleProbes.withLock { idle in
            guard idle.task == nil, !idle.isOver else { return }
            idle.task = Task(executorPreference: mesh.environment.clock.executor) {
                [balancer, clock = mesh.environment.clock] in
                while let next = balancer.probeAfterPause(at: clock.now), !Task.isCancelled {
                    // A time that has come already must not make this a loop without a pause.
                    let instant = max(next, clock.now.advanced(by: .milliseconds(1)))
                    guard (try? await clock.sleep(until: instant)) != nil else { return }
                }
            }
        }
    }

    /// Sends the balancer's probes by `prober` from now on.
    func probe(by prober: any EndpointProber) {
        balancer.probe(by: prober)
        probeWhileIdle()
    }

    /// Stops following discovery; the endpoints stay.
    func stop() async {
        let idleProbes = idleProbes.withLock { idle in
            idle.isOver = true
            return idle.task
        }
        idleProbes?.cancel()
        await idleProbes?.value
        let task = task.withLock { $0 }
        task?.cancel()
        await task?.value
    }

    /// Puts a transport in charge of connections to the endpoints, and of probes if it can send them.
    ///
    /// - Throws: ``MeshShutDownError`` if nobody would close it any more.
    func adopt(_ transport: any Transport) throws(MeshShutDownError) {
        guard transports.add(transport) else { throw MeshShutDownError() }
        transports.prepare(balancer.status(at: now).map(\.endpoint), for: service, in: transport)
        if let prober = Self.prober(in: transport) { probe(by: prober) }
    }

    /// The transport, or one that it is a layer around, if that can probe.
    static func prober(in transport: any Transport) -> (any EndpointProber)? {
        if let prober = transport as? any EndpointProber { return prober }
        guard let layer = transport as? any TransportLayer else { return nil }
        return prober(in: layer.base)
    }

    /// Closes every connection.
    func closeTransports() async {
        await transports.shutdown()
    }

    /// The current instant on the mesh's clock.
    var now: MeshInstant { mesh.environment.clock.now }

    /// Counts a call in; ``leave()`` follows. Two atomic operations.
    ///
    /// Counts first and looks then, so that a mesh that shuts down either sees the call or turns it away.
    ///
    /// - Returns: Whether the call may go ahead: discovery has answered, and the mesh is not shutting down.
    @usableFromInline
    func enter() -> Bool {
        underWay.wrappingAdd(1, ordering: .sequentiallyConsistent)
        return entrance.isOpen
    }

    /// Counts a call out: the body of its response has ended, or it has failed. (The lease of a response that says
    /// "failed" ends with its head.)
    @usableFromInline
    func leave() {
        underWay.wrappingSubtract(1, ordering: .releasing)
    }

    /// Whether no call is under way: neither waiting, nor between two attempts, nor at an endpoint, be it one that has
    /// left the set.
    ///
    /// - Complexity: O(endpoints)
    var isIdle: Bool {
        underWay.load(ordering: .sequentiallyConsistent) == 0
            && draining.value == 0
            && inFlight == 0
    }

    /// `context` with the key that the header of the request is.
    func keyed(_ context: CallContext, by request: some HeaderCarrier) -> CallContext {
        guard context.hashKey == nil, let header = configuration.hashHeader else { return context }
        var context = context
        context.hashKey = request.headerValues(header).first.map { XXH64.hash($0) }
        return context
    }

    /// Waits until discovery has answered.
    ///
    /// - Throws: `MeshError` at the deadline, or when the mesh has shut down; `CancellationError` when the
    ///   caller is cancelled.
    func becomeReady(for context: CallContext) async throws {
        await entrance.wait(until: context.deadline, wheel: mesh.wheel)
        try Task.checkCancellation()
        guard !entrance.isOpen else { return }
        let elapsed = context.startedAt.duration(to: mesh.environment.clock.now)
        if entrance.isClosed { throw MeshError(.shutDown, service: service, elapsed: elapsed) }
        let detail = "\(configuration.target) has not answered yet"
        throw MeshError(.deadlineExceeded, service: service, elapsed: elapsed, detail: detail)
    }

    /// Lets no more calls in.
    func close() { entrance.close() }

    /// The error of a call, with what discovery knows if it found nobody to ask.
    @usableFromInline
    func explain(_ error: any Error) -> any Error {
        guard let error = error as? MeshError, error.code == .noEndpoints, error.detail.isEmpty else { return error }
        return MeshError(
            error.code,
            service: error.service,
            attempts: error.attempts,
            elapsed: error.elapsed,
            detail: watcher.lastFailure.map { "\($0)" } ?? "\(configuration.target) has none"
        )
    }

    /// Calls in flight to the endpoints of the current set.
    ///
    /// - Complexity: O(endpoints)
    var inFlight: Int {
        balancer.status(at: mesh.environment.clock.now).reduce(0) { $0 + $1.inFlight }
    }
}
