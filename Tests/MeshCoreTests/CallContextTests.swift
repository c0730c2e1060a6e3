import MeshCore
import Testing

extension MeshInstant {
    fileprivate static let start = MeshInstant(nanoseconds: 1_000_000_000_000)
}

struct CallContextTests {
    private let context = CallContext(
        service: "users",
        startedAt: .start,
        deadline: Deadline.after(.seconds(10), from: .start)
    )

    @Test func `an attempt begins and ends with its call unless it says otherwise`() {
        var context = context
        #expect(context.attemptStartedAt == context.startedAt)
        #expect(context.attemptDeadline == context.deadline)
        context.deadline = .after(.seconds(5), from: .start)
        #expect(context.attemptDeadline == context.deadline)
        let start = MeshInstant.start.advanced(by: .seconds(1))
        let deadline = Deadline.after(.seconds(2), from: .start)
        context.attemptStartedAt = start
        context.attemptDeadline = deadline
        #expect(context.attemptStartedAt == start)
        #expect(context.attemptDeadline == deadline)
        #expect(context.startedAt == MeshInstant.start)
    }

    @Test func `an attempt never ends after its call`() {
        var context = context
        context.attemptDeadline = .after(.seconds(60), from: .start)
        #expect(context.attemptDeadline == context.deadline)
    }

    @Test func `a copy is changed alone, and one thing at a time`() {
        let v2: EndpointSubset = ["version": "v2"]
        var copy = context
        copy.attempt += 1
        copy.avoiding.append(Address.host("a", port: 1))
        copy.hashKey = 7
        copy.subset = v2
        #expect(copy.attempt == 2)
        #expect(copy.avoiding == [Address.host("a", port: 1)])
        #expect(copy.hashKey == 7)
        #expect(copy.subset == v2)
        copy.hashKey = nil
        #expect(copy.hashKey == nil)
        #expect(copy.subset == v2)
        #expect(context.attempt == 1)
        #expect(context.avoiding.isEmpty)
        #expect(context.hashKey == nil)
        #expect(context.subset == nil)
    }

    /// The compiler takes a value of six words apart, and copies a larger one whole in every layer of a call.
    @Test func `a context has six words`() {
        #expect(MemoryLayout<CallContext>.size == 6 * MemoryLayout<Int>.size)
    }
}
