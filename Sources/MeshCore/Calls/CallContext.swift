/// What travels with a call from filter to filter: whom it is for, how long it may take, which attempt this is.
///
/// A value. A filter that wants something different below itself passes on a changed copy. To set what only attempts or few calls have
/// (``attempt``, ``attemptStartedAt``, ``attemptDeadline``, ``avoiding``, ``hashKey``, ``subset``) allocates a small object, each time.
public struct CallContext: Sendable {
    // Six words. A larger value the compiler copies whole from layer to layer, and counts its references each time.

    /// The service that is called.
    public let service: ServiceName
    /// When the call entered the mesh.
    public let startedAt: MeshInstant
    /// When the whole call, body included, must be over.
    public var deadline: Deadline
    /// How the attempt is told to stop before its task is cancelled. Set by whoever bounds the attempt; a transport
    /// must heed it.
    public var cancellation: CancellationSignal?
    /// What most calls have nothing of.
    @usableFromInline var details: CallDetails?

    /// Creates the context of a call that enters the mesh at `now`.
    @inlinable
    public init(service: ServiceName, startedAt now: MeshInstant, deadline: Deadline = .none) {
        self.service = service
        self.startedAt = now
        self.deadline = deadline
        self.cancellation = nil
        self.details = nil
    }
}

extension CallContext {
    /// When the current attempt began, as far as its endpoint is concerned. Whoever holds a call back moves this on,
    /// because the wait is not the endpoint's latency.
    @inlinable
    public var attemptStartedAt: MeshInstant {
        get { details?.values.attemptStartedAt ?? startedAt }
        set { change { $0.attemptStartedAt = newValue } }
    }

    /// When the head of the response to the current attempt must be in; never later than ``deadline``.
    @inlinable
    public var attemptDeadline: Deadline {
        get {
            guard let own = details?.values.attemptDeadline else { return deadline }
            return min(own, deadline)
        }
        set { change { $0.attemptDeadline = newValue } }
    }

    /// The number of the current attempt, from 1.
    @inlinable
    public var attempt: Int {
        get { details?.values.attempt ?? 1 }
        set { change { $0.attempt = newValue } }
    }

    /// Endpoints that have failed this call, to be avoided where there is another.
    @inlinable
    public var avoiding: [Address] {
        get { details?.values.avoiding ?? [] }
        set { change { $0.avoiding = newValue } }
    }

    /// What the call is about, hashed: calls with the same key go to the same endpoint, where the balancer hashes. `nil` goes
    /// anywhere.
    @inlinable
    public var hashKey: UInt64? {
        get { details?.values.hashKey }
        set { if newValue != nil || details != nil { change { $0.hashKey = newValue } } }
    }

    /// The endpoints that may take the call; `nil` for those that the service's configuration says.
    @inlinable
    public var subset: EndpointSubset? {
        get { details?.values.subset }
        set { if newValue != nil || details != nil { change { $0.subset = newValue } } }
    }

    @usableFromInline
    mutating func change(_ body: (inout CallDetails.Values) -> Void) {
        var values = details?.values ?? CallDetails.Values()
        body(&values)
        details = CallDetails(values)
    }
}

/// What a ``CallContext`` says of few calls, behind one reference.
@usableFromInline
final class CallDetails: Sendable {
    @usableFromInline
    struct Values: Sendable {
        @usableFromInline var attemptStartedAt: MeshInstant?
        @usableFromInline var attemptDeadline: Deadline?
        @usableFromInline var attempt = 1
        @usableFromInline var avoiding: [Address] = []
        @usableFromInline var hashKey: UInt64?
        @usableFromInline var subset: EndpointSubset?
    }

    @usableFromInline let values: Values

    init(_ values: Values) { self.values = values }
}
