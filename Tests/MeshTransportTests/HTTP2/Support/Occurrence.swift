#if Transport
import Synchronization

/// Something that happens once, on any thread.
final class Occurrence: Sendable {
    private let value = Atomic(false)

    func happen() { value.store(true, ordering: .releasing) }

    var hasHappened: Bool { value.load(ordering: .acquiring) }
}
#endif
