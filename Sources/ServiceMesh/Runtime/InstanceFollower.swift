import MeshCore
import MeshDiscovery
import MeshLoadBalancing
import MeshTelemetry
import Synchronization

/// Follows the instances of this process's own service, to know where it stands among them.
final class InstanceFollower: Sendable {
    /// What its events are about.
    static let subject: ServiceName = "mesh.instance"

    private let watcher: EndpointWatcher
    private let clock: MeshClock
    private let task = Mutex<Task<Void, Never>?>(nil)

    init(
        of own: Address,
        among target: Target,
        in parts: MeshParts,
        onChange: @escaping @Sendable (ProcessCoordinate) -> Void
    ) throws {
        clock = parts.environment.clock
        let events = parts.events
        watcher = EndpointWatcher(
            try parts.environment.resolvers.resolver(for: target, clock: clock),
            clock: clock,
            onUpdate: { instances in
                if let coordinate = ProcessCoordinate(of: own, among: instances) { return onChange(coordinate) }
                let reason =
                    instances.count > ProcessCoordinate.limit
                    ? "\(instances.count) instances are too many to count; the place stays as it was"
                    : "\(own) is not among the \(instances.count) instances; the place stays as it was"
                events.publish(.resolutionFailed(Self.subject, ResolutionError(source: "\(target)", reason: reason)))
            },
            onEvent: { event in
                switch event {
                case .updated: return
                case .failed(let error): events.publish(.resolutionFailed(Self.subject, error))
                case .emptyIgnored:
                    let error = ResolutionError(source: "\(target)", reason: "an empty answer was ignored")
                    events.publish(.resolutionFailed(Self.subject, error))
                }
            }
        )
    }

    deinit {
        task.withLock { $0?.cancel() }
    }

    func start() {
        task.withLock { task in
            guard task == nil else { return }
            task = Task(executorPreference: clock.executor) { [watcher] in await watcher.run() }
        }
    }

    func stop() async {
        let task = task.withLock { $0.take() }
        task?.cancel()
        await task?.value
    }
}
