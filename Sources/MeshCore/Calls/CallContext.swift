/// What travels with a call from filter to filter: whom it is for, how long it may take, which attempt this is.
///
/// A value. A filter that wants something different below itself passes on a changed copy.
public struct CallContext: Sendable {
    /// The service that is called.
    public let service: ServiceName
    /// When the call entered the mesh.
    public let startedAt: MeshInstant
    /// When the current attempt began, as far as its endpoint is concerned. Whoever holds a call back moves this on,
    /// because the wait is not the endpoint's latency.
    public var attemptStartedAt: MeshInstant
    /// When the whole call, body included, must be over.
    public var deadline: Deadline
    /// When the head of the response to the current attempt must be in; never later than ``deadline``.
    public var attemptDeadline: Deadline
    /// The number of the current attempt, from 1.
    public var attempt: Int
    /// Endpoints that have failed this call, to be avoided where there is another.
    public var avoiding: [Address]
    /// How the attempt is told to stop before its task is cancelled. Set by whoever bounds the attempt; a transport
    /// must heed it.
    public var cancellation: CancellationSignal?
    /// What the call is about, hashed: calls with the same key go to the same endpoint, where the balancer hashes. `nil` goes
    /// anywhere.
    public var hashKey: UInt64?
    /// The endpoints that may take the call; `nil` for those that the service's configuration says.
    public var subset: EndpointSubset?

    /// Creates the context of a call that enters the mesh at `now`.
    @inlinable
    public init(service: ServiceName, startedAt now: MeshInstant, deadline: Deadline = .none) {
        self.service = service
        self.startedAt = now
        self.attemptStartedAt = now
        self.deadline = deadline
        self.attemptDeadline = deadline
        self.attempt = 1
        self.avoiding = []
        self.cancellation = nil
        self.hashKey = nil
        self.subset = nil
    }
}
