/// A point in time on a ``MeshClock``: nanoseconds since that clock's epoch.
///
/// The epoch is arbitrary (boot, or the start of a test), so an instant means nothing outside its process. What
/// crosses the wire is always a remaining duration, never an instant.
public struct MeshInstant: InstantProtocol, Hashable, Sendable {
    /// Nanoseconds since the clock's epoch.
    public let nanoseconds: UInt64

    /// Creates an instant that lies `nanoseconds` after the clock's epoch.
    @inlinable
    public init(nanoseconds: UInt64) {
        self.nanoseconds = nanoseconds
    }

    /// The clock's epoch.
    @inlinable
    public static var zero: MeshInstant { MeshInstant(nanoseconds: 0) }

    /// An instant no clock reaches: 584 years after the epoch.
    @inlinable
    public static var distantFuture: MeshInstant { MeshInstant(nanoseconds: .max) }

    /// This instant moved by `duration`, clamped to ``zero`` and ``distantFuture``.
    @inlinable
    public func advanced(by duration: Duration) -> MeshInstant {
        let delta = duration.clampedNanoseconds
        if delta >= 0 {
            let (sum, overflow) = nanoseconds.addingReportingOverflow(UInt64(delta))
            return overflow ? .distantFuture : MeshInstant(nanoseconds: sum)
        }
        let magnitude = delta.magnitude
        return MeshInstant(nanoseconds: magnitude > nanoseconds ? 0 : nanoseconds - magnitude)
    }

    /// The time from this instant to `other`; negative if `other` is earlier.
    @inlinable
    public func duration(to other: MeshInstant) -> Duration {
        if other.nanoseconds >= nanoseconds {
            return .nanoseconds(Int64(clamping: other.nanoseconds - nanoseconds))
        }
        return .nanoseconds(-Int64(clamping: nanoseconds - other.nanoseconds))
    }

    /// Nanoseconds from `earlier` to this instant, or 0 if `earlier` is later.
    @inlinable
    public func nanoseconds(since earlier: MeshInstant) -> UInt64 {
        nanoseconds > earlier.nanoseconds ? nanoseconds - earlier.nanoseconds : 0
    }

    /// Whether `lhs` lies before `rhs`.
    @inlinable
    public static func < (lhs: MeshInstant, rhs: MeshInstant) -> Bool {
        lhs.nanoseconds < rhs.nanoseconds
    }
}

extension Duration {
    /// This duration in whole nanoseconds, clamped to ±292 years.
    @inlinable
    public var clampedNanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        guard !overflow else { return seconds < 0 ? .min : .max }
        let (sum, overflowed) = scaled.addingReportingOverflow(attoseconds / 1_000_000_000)
        guard !overflowed else { return seconds < 0 ? .min : .max }
        return sum
    }

    /// This duration in seconds.
    @inlinable
    public var inSeconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) + Double(attoseconds) * 1e-18
    }
}
