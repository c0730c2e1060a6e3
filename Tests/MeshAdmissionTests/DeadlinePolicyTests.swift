import MeshAdmission
import Testing

@Suite struct DeadlinePolicyTests {
    @Test func `a negative timeout is refused, however it comes`() async {
        await #expect(processExitsWith: .failure) { _ = DeadlinePolicy(timeout: .seconds(-1)) }
        await #expect(processExitsWith: .failure) {
            var policy = DeadlinePolicy()
            policy.timeout = .nanoseconds(-1)
        }
        var policy = DeadlinePolicy()
        policy.timeout = .zero
        policy.timeout = nil
        #expect(policy == DeadlinePolicy(timeout: nil))
    }
}
