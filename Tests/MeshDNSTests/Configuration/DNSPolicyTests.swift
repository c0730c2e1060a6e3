import MeshDNS
import Testing

@Suite struct DNSPolicyTests {
    @Test func `what the initializer refuses cannot be assigned either`() async {
        await #expect(processExitsWith: .failure) {
            var policy = DNSPolicy()
            policy.shortestLifetime = .zero
        }
        await #expect(processExitsWith: .failure) {
            var policy = DNSPolicy()
            policy.longestLifetime = .zero
        }
        await #expect(processExitsWith: .failure) {
            var policy = DNSPolicy()
            policy.longestNegativeLifetime = .seconds(-1)
        }
        await #expect(processExitsWith: .failure) {
            var policy = DNSPolicy()
            policy.addressFamilies = []
        }
        await #expect(processExitsWith: .failure) {
            var policy = DNSPolicy()
            policy.concurrentLookups = 0
        }
    }

    @Test func `lifetimes may be raised one after the other`() {
        var policy = DNSPolicy()
        policy.shortestLifetime = .seconds(7200)
        policy.longestLifetime = .seconds(7200)
        policy.longestNegativeLifetime = .seconds(7200)
        #expect(
            policy
                == DNSPolicy(
                    shortestLifetime: .seconds(7200),
                    longestLifetime: .seconds(7200),
                    longestNegativeLifetime: .seconds(7200)
                )
        )
    }
}
