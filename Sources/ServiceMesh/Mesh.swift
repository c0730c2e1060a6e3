import MeshAdmission
public import MeshCore
public import MeshLoadBalancing
import MeshRetries
public import MeshTelemetry
import Synchronization

/// A service mesh inside this process.
///
/// ```swift
/// let mesh = Mesh(MeshConfiguration(services: ["users": ServiceConfiguration(target: try Target("dns:///users:8080"))]))
/// ```
///
/// In a server, give it to a `ServiceGroup` before the servers that use it: a group stops its services in reverse
/// order, so the mesh is the last to stop. In a script, call ``shutdown()`` at the end. Either way it begins to work with
/// the first client that is made, and when it has shut down nothing is left: no task, no timer, no connection.
public final class Mesh: Sendable {
    /// What the mesh was told.
    public let configuration: MeshConfiguration
    /// What happens inside: ejections, new endpoint sets, failing sources. For logs, metrics and tests.
    public var events: MeshEvents { parts.events }

    /// The clock that it was given.
    public var clock: MeshClock { parts.environment.clock }

    let parts: MeshParts
    private let runtimes = Mutex(Runtimes())
    /// Where the process stands. Its lock is taken before that of a balancer, and never with that of ``runtimes`` held: to move
    /// apertures takes a while.
    private let coordinate = Mutex<ProcessCoordinate?>(nil)
    private let shutdownTask = Mutex<Task<Void, Never>?>(nil)

    private struct Runtimes {
        var byName: [ServiceName: ServiceRuntime] = [:]
        var follower: InstanceFollower?
        var isClosed = false
    }

    /// Creates a mesh. Nothing runs until the first client is made.
    ///
    /// - Parameters:
    ///   - configuration: The services that may be called.
    ///   - environment: What it works with: clock, resolvers, telemetry. The defaults are right in production.
    public init(_ configuration: MeshConfiguration, environment: MeshEnvironment = MeshEnvironment()) {
        self.configuration = configuration
        self.parts = MeshParts(environment)
        if case .fixed(let coordinate) = configuration.instance { update(coordinate) }
    }

    /// Says where this process stands among the instances of its own service, now and for services that get their first
    /// client later: apertures move there, those of all services. Calls under way end normally.
    ///
    /// With ``MeshConfiguration/instance`` of ``InstancePlace/discovered(_:among:)`` the next answer of discovery replaces it.
    ///
    /// - Complexity: O(endpoints × log endpoints) for each service with an aperture; nothing for others, or if nothing changed.
    public func update(_ coordinate: ProcessCoordinate) {
        self.coordinate.withLock { current in
            current = coordinate
            // Under the lock, so that of two updates all services take the same last.
            for runtime in runtimesNow { runtime.balancer.update(coordinate) }
        }
    }

    /// Makes a client of a service over a transport, which the mesh closes in the end.
    ///
    /// The first client of a service starts its discovery. Make a client once and keep it. If the transport, or one that it
    /// is a layer around, is an `EndpointProber`, it sends the probes of the policy `prequal`; of several the last does.
    ///
    /// - Throws: ``UnknownServiceError`` if the service is not configured; `InvalidTargetError` if its target, or for an aperture
    ///   that of ``MeshConfiguration/instance``, is of no use; ``MeshShutDownError``.
    public func client<Carrier: Transport, Judge: Classifier>(
        for service: ServiceName,
        over transport: Carrier,
        classifier: Judge
    ) throws -> ServiceClient<Carrier, Judge>
    where Judge.Request == Carrier.Request, Judge.Response == Carrier.Response, Carrier.Request: HeaderCarrier {
        let runtime = try runtime(of: service)
        try runtime.adopt(transport)
        let attempts = Balanced(
            over: runtime.balancer,
            transport: TracingTransport(
                DeadlineTransport(transport, wheel: parts.wheel),
                tracer: parts.environment.tracer,
                classifier: classifier
            ),
            classifier: classifier,
            clock: parts.environment.clock,
            observer: runtime.metrics
        )
        let stack = Retrying(
            attempts,
            classifier: classifier,
            policy: runtime.configuration.retries,
            budget: runtime.budget,
            clock: parts.environment.clock.wakingWhenShutDown(by: parts.wheel),
            random: runtime.random,
            observer: runtime.retryObserver
        )
        .filtered(by: DeadlineFilter(runtime.configuration.deadline))
        .filtered(
            by: TelemetryFilter(
                metrics: runtime.metrics,
                tracer: parts.environment.tracer,
                clock: parts.environment.clock,
                classifier: classifier
            )
        )
        return ServiceClient(runtime, stack: stack, clock: parts.environment.clock)
    }

    /// The endpoints of a service as they look now; `nil` for a service that has no client yet.
    ///
    /// - Complexity: O(endpoints)
    public func endpoints(of service: ServiceName) -> [LoadBalancer.EndpointStatus]? {
        let runtime = runtimes.withLock { $0.byName[service] }
        return runtime?.balancer.status(at: parts.environment.clock.now)
    }

    /// How many calls are in flight to the endpoints that the services have now.
    ///
    /// - Complexity: O(endpoints)
    package var inFlight: Int { runtimesNow.reduce(0) { $0 + $1.inFlight } }

    /// Whether no call is under way, be it waiting for discovery or for its next attempt.
    var isIdle: Bool { runtimesNow.allSatisfy(\.isIdle) }

    /// How many deadlines are being watched.
    var armedCount: Int { parts.wheel.armedCount }

    /// Whether nothing is left of any call: none is under way, no deadline is watched, and every lease was ended, once.
    var isSettled: Bool {
        isIdle && armedCount == 0 && runtimesNow.allSatisfy(\.balancer.isSettled)
    }

    /// Shuts down: lets no new call in, waits for those under way, at most as long as
    /// ``MeshConfiguration/drainTimeout``, stops the rest, and closes every connection.
    ///
    /// May be called more than once; every call returns when all is done.
    public func shutdown() async {
        let task = shutdownTask.withLock { task in
            if let task { return task }
            let new = Task(executorPreference: clock.executor) { await self.drainAndClose() }
            task = new
            return new
        }
        await task.value
    }

    /// Where the connections to a service are counted.
    func connectionMetrics(of service: ServiceName) -> ConnectionMetrics {
        ConnectionMetrics(service: service, backend: parts.environment.metrics)
    }

    private func runtime(of service: ServiceName) throws -> ServiceRuntime {
        let place = coordinate.withLock { $0 }
        let (runtime, isNew): (ServiceRuntime, Bool) = try runtimes.withLock { runtimes in
            guard !runtimes.isClosed else { throw MeshShutDownError() }
            if let runtime = runtimes.byName[service] { return (runtime, false) }
            guard let serviceConfiguration = configuration.services[service] else {
                throw UnknownServiceError(service.rawValue, in: self)
            }
            let runtime = try ServiceRuntime(service, serviceConfiguration, in: parts)
            if case .aperture = serviceConfiguration.routing.subsetting, runtimes.follower == nil,
                case .discovered(let own, let target) = configuration.instance
            {
                let follower = try InstanceFollower(of: own, among: target, in: parts) { [weak self] in
                    self?.update($0)
                }
                runtimes.follower = follower
                follower.start()
            }
            if let place { runtime.balancer.update(place) }
            runtimes.byName[service] = runtime
            runtime.start()
            return (runtime, true)
        }
        // Another place may have been said meanwhile.
        if isNew { coordinate.withLock { if let coordinate = $0 { runtime.balancer.update(coordinate) } } }
        return runtime
    }

    private func drainAndClose() async {
        let (runtimes, follower) = runtimes.withLock { runtimes in
            runtimes.isClosed = true
            return (Array(runtimes.byName.values), runtimes.follower)
        }
        for runtime in runtimes { runtime.close() }
        await follower?.stop()
        // No update of an endpoint set from here on, so that nothing moves while calls are waited for.
        for runtime in runtimes { await runtime.stop() }
        let clock = parts.environment.clock
        let deadline = Deadline.after(configuration.drainTimeout, from: clock.now)
        while !runtimes.allSatisfy(\.isIdle), !deadline.hasExpired(at: clock.now) {
            // Nobody waits for calls on their way out, which keeps that way short; so look now and then.
            try? await clock.sleep(until: clock.now.advanced(by: .milliseconds(5)))
        }
        parts.wheel.shutdown()
        for runtime in runtimes { await runtime.closeTransports() }
        parts.events.finish()
        self.runtimes.withLock { ($0.byName, $0.follower) = ([:], nil) }
    }

    private var runtimesNow: [ServiceRuntime] { runtimes.withLock { Array($0.byName.values) } }
}
