#if TLS
/// Decides when to say that an identity is about to expire: at a quarter and at a tenth of its lifetime, and at its end.
struct ExpiryWatch: Hashable, Sendable {
    /// Shares of the lifetime that are left when a warning is due, in thousandths.
    private static let thresholds = [250, 100, 0]

    private var watched: Validity?
    private var given = 0

    /// Whether a warning is due now, and how long nothing needs to be looked at: 1 s to 1 min.
    mutating func look(at validity: Validity?, now: WallTime) -> (isDue: Bool, pause: Duration) {
        guard let validity else { return (false, .seconds(1)) }
        if validity != watched {
            watched = validity
            given = 0
        }
        let passed = Self.thresholds.count { now >= Self.moment(of: $0, in: validity) }
        let isDue = passed > given
        given = max(given, passed)
        // A look a minute also notices an identity that was renewed meanwhile.
        guard given < Self.thresholds.count else { return (isDue, .seconds(60)) }
        let next = now.duration(to: Self.moment(of: Self.thresholds[given], in: validity))
        return (isDue, min(max(next, .seconds(1)), .seconds(60)))
    }

    private static func moment(of threshold: Int, in validity: Validity) -> WallTime {
        let length = validity.end.seconds - validity.start.seconds
        return WallTime(seconds: validity.end.seconds - length * Int64(threshold) / 1000)
    }
}
#endif
