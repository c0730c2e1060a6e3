import Synchronization

/// Whether new calls are let in. One atomic load per call.
final class Gate: Sendable {
    private let state = Atomic<Bool>(true)

    var isOpen: Bool { state.load(ordering: .acquiring) }

    /// Closes it for good.
    ///
    /// - Returns: Whether it was open.
    func close() -> Bool { state.exchange(false, ordering: .acquiringAndReleasing) }
}
