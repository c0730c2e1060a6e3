/// Whether an endpoint may be asked. The only word that passes between health, below the balancer, and the balancer.
public enum Availability: Hashable, Sendable {
    /// Yes.
    case available
    /// For one call, which decides whether it may be asked again.
    case probe
    /// No.
    case unavailable
}

/// The right to ask an endpoint once, as its health gave it out.
public struct HealthTicket: Hashable, Sendable {
    /// Names a probe among all that the endpoint has had; 0 for an ordinary call.
    public let probe: UInt64
    /// How often the endpoint had been ejected when the ticket was given out. The result of a call that is older than
    /// an ejection says nothing about the endpoint after it.
    public let epoch: UInt64

    /// Creates a ticket for the probe with this number, or an ordinary one for 0.
    @inlinable
    public init(probe: UInt64 = 0, epoch: UInt64 = 0) {
        self.probe = probe
        self.epoch = epoch
    }

    /// Whether the call is a probe.
    @inlinable
    public var isProbe: Bool { probe != 0 }
}

/// The health of one endpoint: watches what becomes of its calls and says whether it may be asked.
public protocol EndpointHealth: AnyObject, Sendable {
    /// Whether the endpoint may be asked at `now`. Asked on every pick: must cost a few nanoseconds and take no lock.
    func availability(at now: MeshInstant) -> Availability

    /// Asks for the right to call; `nil` if another call got there first.
    ///
    /// Every ticket is recorded exactly once. A probe that streams is recorded when its head is in; if its body fails then,
    /// that is recorded with an ordinary ticket of the same epoch.
    func admit(at now: MeshInstant) -> HealthTicket?

    /// The call with this ticket ended.
    func record(_ outcome: Outcome, of ticket: HealthTicket, at now: MeshInstant)

    /// The set describes the endpoint anew, perhaps with another weight. Must not call back into the balancer.
    ///
    /// An endpoint that takes no calls (``Endpoint/takesCalls``) counts in no share, available or not: the balancer
    /// compares the ``HealthTracker/unavailableCount`` with those that take calls.
    func update(_ endpoint: Endpoint)

    /// The endpoint left its set: it no longer counts in any share.
    func retire()
}

/// The health of all endpoints of one service.
public protocol HealthTracker: Sendable {
    /// The health of one endpoint.
    associatedtype Health: EndpointHealth

    /// Begins to watch an endpoint that joined the set.
    func track(_ endpoint: Endpoint) -> Health

    /// How many tracked endpoints that take calls are unavailable or wait for a probe right now. Compared with the panic
    /// threshold.
    ///
    /// While it is 0 the balancer does not ask endpoints for their availability before it chooses one: whom it chose
    /// still has to ``EndpointHealth/admit(at:)`` the call.
    var unavailableCount: Int { get }
}

/// Health that is always good: for a balancer used without a breaker.
public final class AlwaysHealthy: HealthTracker, EndpointHealth {
    /// Creates it.
    @inlinable
    public init() {}

    /// Itself: there is nothing to remember.
    @inlinable
    public func track(_ endpoint: Endpoint) -> AlwaysHealthy { self }

    /// Zero.
    @inlinable
    public var unavailableCount: Int { 0 }

    /// Always available.
    @inlinable
    public func availability(at now: MeshInstant) -> Availability { .available }

    /// Always an ordinary ticket.
    @inlinable
    public func admit(at now: MeshInstant) -> HealthTicket? { HealthTicket() }

    /// Forgets the outcome.
    @inlinable
    public func record(_ outcome: Outcome, of ticket: HealthTicket, at now: MeshInstant) {}

    /// Does nothing.
    @inlinable
    public func update(_ endpoint: Endpoint) {}

    /// Does nothing.
    @inlinable
    public func retire() {}
}
