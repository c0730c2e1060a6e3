import Synchronization

/// A number that several parts add to.
final class Counter: Sendable {
    private let number = Atomic<Int>(0)

    var value: Int { number.load(ordering: .acquiring) }

    func add(_ difference: Int) { number.wrappingAdd(difference, ordering: .acquiringAndReleasing) }
}
