import MeshCore
import ServiceMesh

/// A place in a scenario, and the rules for what may stand there.
struct ScenarioPlace {
    /// No duration of a scenario is longer, so that sums of several of them and of the clock are instants, too: 10,000 hours.
    static let longest: Duration = .seconds(36_000_000)
    /// The range of numbers that say how often, how fast or how much; their products and quotients are finite and not 0.
    static let numbers = 0.000001...1_000_000

    private let path: [JSONReader.PathElement]

    /// The scenario itself.
    init() { path = [] }

    private init(path: [JSONReader.PathElement]) { self.path = path }

    /// A member of the object here.
    subscript(name: String) -> ScenarioPlace { ScenarioPlace(path: path + [.member(name)]) }

    /// An element of the array here.
    subscript(index: Int) -> ScenarioPlace { ScenarioPlace(path: path + [.element(index)]) }

    /// What stands below a key of the configuration: `retries.maximumAttempts`.
    func setting(_ key: String) -> ScenarioPlace {
        ScenarioPlace(path: path + key.split(separator: ".").map { .member(String($0)) })
    }

    /// The error that this place is wrong.
    func refusal(_ reason: String) -> ScenarioRefusal { ScenarioRefusal(path: path, reason: reason) }

    /// Makes sure that a duration is from 0 to ``longest``.
    func check(_ duration: Duration) throws(ScenarioRefusal) {
        guard (.zero...Self.longest).contains(duration) else {
            throw refusal("it must be a duration from 0s to 10000h")
        }
    }

    /// Makes sure that a duration is at least `least`, and at most ``longest``.
    func check(_ duration: Duration, atLeast least: Duration) throws(ScenarioRefusal) {
        guard (least...Self.longest).contains(duration) else {
            throw refusal("it must be a duration from \(DurationNotation.text(least)) to 10000h")
        }
    }

    /// Makes sure that a duration is more than 0, and at most ``longest``.
    func checkPositive(_ duration: Duration) throws(ScenarioRefusal) {
        guard duration > .zero, duration <= Self.longest else {
            throw refusal("it must be a duration of more than 0, at most 10000h")
        }
    }

    /// Makes sure that a number is in the range of ``numbers``, or ends before.
    func check(_ number: Double, upTo largest: Double = numbers.upperBound) throws(ScenarioRefusal) {
        guard number >= Self.numbers.lowerBound, number <= largest else {
            throw refusal("it must be a number from 0.000001 to \(Int(largest))")
        }
    }

    /// Makes sure that a whole number is in a range.
    func check(_ count: Int, in range: ClosedRange<Int>) throws(ScenarioRefusal) {
        guard range.contains(count) else {
            throw refusal("it must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
    }

    /// Makes sure that no key of some metadata is empty.
    func check(keys metadata: [String: String]) throws(ScenarioRefusal) {
        guard metadata[""] == nil else { throw refusal("a key of metadata must not be empty") }
    }

    /// Makes sure that none of some names is empty.
    func check(names: [String]) throws(ScenarioRefusal) {
        for (index, name) in names.enumerated() where name.isEmpty { throw self[index].refusal("it must not be empty") }
    }
}
