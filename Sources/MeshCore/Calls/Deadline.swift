/// The instant by which a whole call, body included, must be over.
///
/// A deadline is computed once, where the call enters the mesh, and only ever gets earlier on its way down. The next
/// hop is told the *remaining time*, because two machines do not share a clock.
public struct Deadline: Hashable, Comparable, Sendable {
    /// The instant itself; ``MeshInstant/distantFuture`` if there is none.
    public let instant: MeshInstant

    /// Creates a deadline at `instant`.
    @inlinable
    public init(_ instant: MeshInstant) {
        self.instant = instant
    }

    /// No deadline: the call may take for ever.
    @inlinable
    public static var none: Deadline { Deadline(.distantFuture) }

    /// The deadline `timeout` after `now`. A timeout of zero or less has expired already.
    @inlinable
    public static func after(_ timeout: Duration, from now: MeshInstant) -> Deadline {
        Deadline(timeout <= .zero ? now : now.advanced(by: timeout))
    }

    /// Whether there is a deadline at all.
    @inlinable
    public var isFinite: Bool { instant != .distantFuture }

    /// Whether the deadline has been reached at `now`.
    @inlinable
    public func hasExpired(at now: MeshInstant) -> Bool { instant <= now }

    /// The time left at `now`, never negative; `nil` if there is no deadline.
    @inlinable
    public func remaining(at now: MeshInstant) -> Duration? {
        guard isFinite else { return nil }
        return .nanoseconds(Int64(clamping: instant.nanoseconds(since: now)))
    }

    /// Whether `lhs` is the earlier deadline.
    @inlinable
    public static func < (lhs: Deadline, rhs: Deadline) -> Bool { lhs.instant < rhs.instant }

    /// The deadline that the current task inherited, from an inbound request for instance.
    ///
    /// Outgoing calls made inside `Deadline.$inherited.withValue(_:operation:)` never outlive it. Instants belong to
    /// one clock, so this must be an instant of the clock of the mesh that reads it.
    @TaskLocal public static var inherited: Deadline = .none
}
