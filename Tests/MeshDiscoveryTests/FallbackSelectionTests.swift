import MeshCore
import Testing

@testable import MeshDiscovery

struct FallbackSelectionTests {
    private var selection = FallbackSelection(grace: .seconds(5), startingAt: .zero)

    @Test mutating func `the first source is used as long as it works`() {
        #expect(selection.receiveOther(.endpoints(b), at: .zero) == [])
        #expect(selection.receiveFirst(.endpoints(a), at: .seconds(1)) == [.endpoints(a)])
        #expect(selection.alarm == nil)
        #expect(selection.settle(at: .seconds(100)) == [])
        #expect(selection.receiveOther(.endpoints(c), at: .seconds(100)) == [])
    }

    @Test mutating func `a first source that says nothing is given up after the grace period`() {
        #expect(selection.receiveOther(.endpoints(b), at: .zero) == [])
        #expect(selection.alarm == .seconds(5))
        #expect(selection.settle(at: .seconds(4.9)) == [])
        #expect(selection.settle(at: .seconds(5)) == [.endpoints(b)])
        #expect(selection.alarm == nil)
        #expect(selection.receiveOther(.endpoints(c), at: .seconds(6)) == [.endpoints(c)])
        #expect(selection.receiveFirst(.endpoints(a), at: .seconds(7)) == [.endpoints(a)])
        #expect(selection.receiveOther(.endpoints(b), at: .seconds(8)) == [])
    }

    @Test mutating func `a first source that fails at the start is given up at once`() {
        _ = selection.receiveOther(.endpoints(b), at: .zero)
        #expect(selection.receiveFirst(failure("down"), at: .seconds(1)) == [failure("down"), .endpoints(b)])
        #expect(selection.receiveFirst(failure("still down"), at: .seconds(2)) == [])
    }

    @Test mutating func `after a good answer a failure is given time`() {
        _ = selection.receiveOther(.endpoints(b), at: .zero)
        _ = selection.receiveFirst(.endpoints(a), at: .zero)
        #expect(selection.receiveFirst(failure("1"), at: .seconds(10)) == [failure("1")])
        #expect(selection.receiveFirst(failure("2"), at: .seconds(12)) == [failure("2")])
        #expect(selection.alarm == .seconds(15))
        #expect(selection.settle(at: .seconds(15)) == [.endpoints(b)])
    }

    @Test mutating func `a recovery within the grace period changes nothing`() {
        _ = selection.receiveOther(.endpoints(b), at: .zero)
        _ = selection.receiveFirst(.endpoints(a), at: .zero)
        _ = selection.receiveFirst(failure("1"), at: .seconds(10))
        #expect(selection.receiveFirst(.endpoints(a), at: .seconds(12)) == [.endpoints(a)])
        #expect(selection.settle(at: .seconds(15)) == [])
    }

    @Test mutating func `the other source is used as soon as it answers`() {
        #expect(selection.settle(at: .seconds(5)) == [])
        #expect(selection.receiveOther(failure("other"), at: .seconds(6)) == [failure("other")])
        #expect(selection.receiveOther(.endpoints(b), at: .seconds(7)) == [.endpoints(b)])
        #expect(selection.receiveOther(failure("other"), at: .seconds(8)) == [failure("other")])
    }

    @Test mutating func `the last good set of the other source serves even if that one fails now`() {
        _ = selection.receiveOther(.endpoints(b), at: .zero)
        _ = selection.receiveOther(failure("other"), at: .seconds(1))
        #expect(selection.settle(at: .seconds(5)) == [.endpoints(b)])
    }

    @Test mutating func `an empty set is an answer`() {
        _ = selection.receiveOther(.endpoints(b), at: .zero)
        #expect(selection.receiveFirst(.endpoints(.empty), at: .seconds(1)) == [.endpoints(.empty)])
        #expect(selection.settle(at: .seconds(5)) == [])
    }

    @Test func `without grace a failure is final at once`() {
        var selection = FallbackSelection(grace: .zero, startingAt: .zero)
        _ = selection.receiveFirst(.endpoints(a), at: .zero)
        _ = selection.receiveOther(.endpoints(b), at: .zero)
        #expect(selection.receiveFirst(failure("x"), at: .zero) == [failure("x"), .endpoints(b)])
    }
}

struct MergedAnswersTests {
    private var answers = MergedAnswers(count: 2)

    @Test mutating func `is the union, in order, the first one's endpoint before the second one's`() {
        let heavyB = EndpointSet([Endpoint(b.endpoints[0].address, weight: 9)] + c.endpoints)
        #expect(answers.receive(.endpoints(heavyB), from: 1) == .endpoints(heavyB))
        #expect(
            answers.receive(.endpoints(ab), from: 0)
                == .endpoints(endpoints("10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80"))
        )
    }

    @Test mutating func `keeps the last good set of a failing source`() {
        _ = answers.receive(.endpoints(a), from: 0)
        _ = answers.receive(.endpoints(b), from: 1)
        #expect(answers.receive(failure("x"), from: 1) == .endpoints(ab))
        #expect(answers.receive(.endpoints(c), from: 0) == .endpoints(endpoints("10.0.0.3:80", "10.0.0.2:80")))
    }

    @Test mutating func `fails when nobody works and names every failure`() {
        #expect(answers.receive(failure("x"), from: 0) == failure("x"))
        #expect(answers.receive(failure("y"), from: 1) == failure("x; scripted: y"))
        #expect(answers.receive(.endpoints(a), from: 0) == .endpoints(a))
        #expect(answers.receive(failure("z"), from: 0) == failure("z; scripted: y"))
        #expect(answers.receive(.endpoints(b), from: 1) == .endpoints(ab))
    }

    @Test mutating func `a source that becomes empty takes its endpoints away`() {
        _ = answers.receive(.endpoints(a), from: 0)
        _ = answers.receive(.endpoints(b), from: 1)
        #expect(answers.receive(.endpoints(.empty), from: 0) == .endpoints(b))
    }
}
