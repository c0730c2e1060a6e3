import MeshCore
import Testing

@Suite("Filters")
struct FilterTests {
    private struct Tagged: Filter {
        let tag: String

        func call<Next: Service<String, String>>(
            _ request: String,
            context: CallContext,
            next: Next
        ) async throws -> String {
            try await next.call(request + tag, context: context) + tag
        }
    }

    private struct Refusing: Filter {
        struct Refused: Error {}

        func call<Next: Service<String, String>>(_: String, context: CallContext, next: Next) async throws -> String {
            throw Refused()
        }
    }

    private struct Hurried: Filter {
        func call<Next: Service<String, String>>(
            _ request: String,
            context: CallContext,
            next: Next
        ) async throws -> String {
            var context = context
            context.attempt = 7
            return try await next.call(request, context: context)
        }
    }

    private let context = CallContext(service: "users", startedAt: .zero)

    @Test("the filter added last sees the request first and the response last")
    func order() async throws {
        let echo = FunctionService<String, String> { request, _ in "[\(request)]" }
        let service = echo.filtered(by: Tagged(tag: "1")).filtered(by: Tagged(tag: "2"))
        #expect(try await service.call("a", context: context) == "[a21]12")
    }

    @Test("a filter may answer in the service's place")
    func refusal() async {
        let echo = FunctionService<String, String> { request, _ in
            Issue.record("asked all the same")
            return request
        }
        await #expect(throws: Refusing.Refused.self) {
            try await echo.filtered(by: Refusing()).call("a", context: context)
        }
    }

    @Test("a changed context is seen below the filter only")
    func contextIsAValue() async throws {
        let service = FunctionService<String, String> { _, context in "\(context.attempt)" }
        #expect(try await service.filtered(by: Hurried()).call("a", context: context) == "7")
        #expect(context.attempt == 1)
    }

    @Test("an error passes through")
    func errors() async {
        struct Broken: Error {}
        let service = FunctionService<String, String> { _, _ in throw Broken() }
        await #expect(throws: Broken.self) {
            try await service.filtered(by: Tagged(tag: "1")).call("a", context: context)
        }
    }
}
