import MeshAdmission
import MeshCircuitBreaking
import MeshCore
import MeshDiscovery
import MeshLoadBalancing
import MeshRetries
import MeshTelemetry
import Synchronization

/// What all calls to one service share: its endpoints, their health, the budget, the metrics.
final class ServiceRuntime: Sendable {
    let service: ServiceName
    let configuration: ServiceConfiguration
    let balancer: LoadBalancer
    let budget: SharedRetryBudget
    let metrics: ServiceMetrics
    let random: RandomSource

    private let breakers: CircuitBreakers
    private let watcher: EndpointWatcher
    private let firstAnswer = FirstAnswer()
    private let transports: TransportRoster
    private let environment: MeshEnvironment
    private let task = Mutex<Task<Void, Never>?>(nil)

    init(_ service: ServiceName, _ configuration: ServiceConfiguration, in environment: MeshEnvironment) throws {
        let resolver = try environment.resolvers.resolver(for: configuration.target, clock: environment.clock)
        let metrics = ServiceMetrics(service: service)
        let events = environment.events
        let random = environment.makeRandomSource()
        let transports = TransportRoster()
        let breakers = CircuitBreakers(configuration.circuitBreaking, random: random) { address, transition in
            events.publish(MeshEvent())
        }
        let balancer = LoadBalancer(
            policy: configuration.loadBalancing,
            health: breakers,
            panicThreshold: configuration.panicThreshold,
            clock: environment.clock,
            seed: environment.seed.map { _ in random.next() },
            drained: { transports.retire($0) }
        )
        self.service = service
        self.configuration = configuration
        self.environment = environment
        self.balancer = balancer
        self.breakers = breakers
        self.metrics = metrics
        self.random = random
        self.transports = transports
        self.budget = SharedRetryBudget(configuration.retries.budget)
        self.watcher = EndpointWatcher(
            resolver,
            stabilization: configuration.stabilization,
            clock: environment.clock,
            onUpdate: { [firstAnswer] set in
                balancer.update(set)
                firstAnswer.arrive()
            },
            onEvent: { [firstAnswer] event in
                events.publish(MeshEvent())
                if case .failed = event { metrics.resolutionFailed() }
                firstAnswer.arrive()
            }
        )
    }

    /// Begins to follow discovery.
    func start() {
        task.withLock { task in
            guard task == nil else { return }
            task = Task { [watcher] in await watcher.run() }
        }
    }

    /// Stops following discovery; the endpoints stay.
    func stop() async {
        let task = task.withLock { $0 }
        task?.cancel()
        await task?.value
    }

    /// Puts a transport in charge of connections to the endpoints.
    func adopt(_ transport: any Transport) {
        transports.add(transport)
    }

    /// Closes every connection.
    func closeTransports() async {
        await transports.shutdown()
    }

    /// Whether discovery has said anything yet. One atomic load.
    var hasFirstAnswer: Bool { firstAnswer.hasArrived }

    /// Returns when discovery has said something.
    ///
    /// - Throws: ``/MeshCore/MeshError`` at the deadline, `CancellationError` when the caller is cancelled.
    func waitForFirstAnswer(_ context: CallContext) async throws {
        await firstAnswer.wait(until: context.deadline, wheel: environment.wheel)
        try Task.checkCancellation()
        guard firstAnswer.hasArrived else {
            let now = environment.clock.now
            throw MeshError(
                .deadlineExceeded,
                service: service,
                elapsed: context.startedAt.duration(to: now),
                detail: "\(configuration.target) has not answered yet"
            )
        }
    }

    /// The error of a call that found nobody to ask, with what discovery knows about it.
    func explain(_ error: MeshError) -> MeshError {
        guard error.code == .noEndpoints, error.detail.isEmpty else { return error }
        let detail = watcher.lastFailure.map { "\($0)" } ?? "\(configuration.target) has none"
        return MeshError(
            error.code,
            service: error.service,
            attempts: error.attempts,
            elapsed: error.elapsed,
            detail: detail
        )
    }

    /// An endpoint could not be reached: the answer of discovery may be old.
    func doubtEndpoints() { watcher.refresh() }

    /// Calls in flight to any endpoint.
    ///
    /// - Complexity: O(endpoints)
    var inFlight: Int {
        balancer.status(at: environment.clock.now).reduce(0) { $0 + $1.inFlight }
    }
}
