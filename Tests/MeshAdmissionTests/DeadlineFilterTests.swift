import MeshAdmission
import MeshCore
import Testing

@Suite("The deadline filter")
struct DeadlineFilterTests {
    private static let now = MeshInstant(nanoseconds: 1_000_000_000_000)

    struct Case: Sendable {
        var policy: Duration? = nil
        var caller: Duration? = nil
        var inherited: Duration? = nil
        var attempt: Duration? = nil
        var expected: Duration?
        var expectedAttempt: Duration?
    }

    private static func deadline(_ timeout: Duration?) -> Deadline {
        timeout.map { .after($0, from: now) } ?? .none
    }

    @Test(
        "the earliest of policy, caller and inherited counts",
        arguments: [
            Case(expected: nil),
            Case(policy: .seconds(3), expected: .seconds(3), expectedAttempt: .seconds(3)),
            Case(caller: .seconds(3), expected: .seconds(3), expectedAttempt: .seconds(3)),
            Case(inherited: .seconds(3), expected: .seconds(3), expectedAttempt: .seconds(3)),
            Case(
                policy: .seconds(1),
                caller: .seconds(2),
                inherited: .seconds(3),
                expected: .seconds(1),
                expectedAttempt: .seconds(1)
            ),
            Case(
                policy: .seconds(3),
                caller: .seconds(1),
                inherited: .seconds(2),
                expected: .seconds(1),
                expectedAttempt: .seconds(1)
            ),
            Case(
                policy: .seconds(2),
                caller: .seconds(3),
                inherited: .seconds(1),
                expected: .seconds(1),
                expectedAttempt: .seconds(1)
            ),
            // An attempt's own limit may be earlier, never later.
            Case(policy: .seconds(5), attempt: .seconds(1), expected: .seconds(5), expectedAttempt: .seconds(1)),
            Case(policy: .seconds(5), attempt: .seconds(9), expected: .seconds(5), expectedAttempt: .seconds(5)),
            Case(policy: .seconds(Int64.max), expected: .seconds(Int64.max), expectedAttempt: .seconds(Int64.max)),
        ]
    )
    func earliest(_ example: Case) async throws {
        let service = FunctionService<String, String> { _, context in
            #expect(context.deadline == Self.deadline(example.expected))
            #expect(context.attemptDeadline == Self.deadline(example.expectedAttempt))
            return "asked"
        }
        .filtered(by: DeadlineFilter(DeadlinePolicy(timeout: example.policy)))
        var context = CallContext(service: "users", startedAt: Self.now)
        context.deadline = Self.deadline(example.caller)
        context.attemptDeadline = Self.deadline(example.attempt)
        let answer = try await Deadline.$inherited.withValue(Self.deadline(example.inherited)) { [context] in
            try await service.call("a", context: context)
        }
        #expect(answer == "asked")
    }

    @Test(
        "a deadline of zero fails the call before an attempt",
        arguments: [
            Case(policy: .zero), Case(policy: .seconds(1), caller: .zero), Case(policy: .seconds(1), inherited: .zero),
            Case(policy: .seconds(1), caller: .seconds(-5)),
        ]
    )
    func expired(_ example: Case) async throws {
        let service = FunctionService<String, String> { request, _ in
            Issue.record("asked all the same")
            return request
        }
        .filtered(by: DeadlineFilter(DeadlinePolicy(timeout: example.policy)))
        let context = CallContext(service: "users", startedAt: Self.now, deadline: Self.deadline(example.caller))
        let error = await #expect(throws: MeshError.self) {
            try await Deadline.$inherited.withValue(Self.deadline(example.inherited)) {
                try await service.call("a", context: context)
            }
        }
        #expect(error?.code == .deadlineExceeded)
        #expect(error?.service == "users")
        #expect(error?.attempts.isEmpty == true)
    }

    @Test("the default is 15 seconds")
    func defaults() {
        #expect(DeadlinePolicy().timeout == .seconds(15))
        #expect(DeadlinePolicy(timeout: nil).timeout == nil)
    }
}
