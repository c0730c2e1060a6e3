public import MeshCore
import Synchronization

/// A lease that waits for the end of a response body.
@usableFromInline
final class HeldLease: Sendable {
    private let lease: Mutex<Lease?>

    @usableFromInline
    init(_ lease: consuming Lease) {
        self.lease = Mutex(consume lease)
    }

    @usableFromInline
    func record(_ report: LoadReport?, at now: MeshInstant) {
        guard let report else { return }
        lease.withLock { $0?.record(report, at: now) }
    }

    @usableFromInline
    func end(_ outcome: Outcome, at now: MeshInstant) {
        let held = lease.withLock { $0.take() }
        held?.end(outcome, at: now)
    }
}
