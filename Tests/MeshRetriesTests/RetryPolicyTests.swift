import MeshRetries
import Testing

@Suite struct RetryPolicyTests {
    @Test func `a negative limit of Retry-After is refused, however it comes`() async {
        await #expect(processExitsWith: .failure) { _ = RetryPolicy(retryAfterLimit: .nanoseconds(-1)) }
        await #expect(processExitsWith: .failure) {
            var policy = RetryPolicy()
            policy.retryAfterLimit = .seconds(-1)
        }
        var policy = RetryPolicy()
        policy.retryAfterLimit = .zero
        #expect(policy == RetryPolicy(retryAfterLimit: .zero))
    }
}
