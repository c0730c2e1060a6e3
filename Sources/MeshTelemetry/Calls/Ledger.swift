public import MeshCore

/// Where it is written down how calls or attempts ended: as much as the end of a body needs to know.
@usableFromInline
struct Ledger: Sendable {
    @usableFromInline
    enum Subject: Sendable { case calls, attempts }

    @usableFromInline let subject: Subject
    @usableFromInline let metrics: ServiceMetrics
    @usableFromInline let clock: MeshClock

    init(of subject: Subject, in metrics: ServiceMetrics, clock: MeshClock) {
        self.subject = subject
        self.metrics = metrics
        self.clock = clock
    }

    @inlinable
    func record(_ result: CallResult, since start: MeshInstant) {
        let duration = clock.now.nanoseconds(since: start)
        switch subject {
        case .calls: metrics.callEnded(result, after: duration)
        case .attempts: metrics.attemptEnded(result, after: duration)
        }
    }
}
