import MeshCore
import MeshDiscovery
import MeshTesting
import Testing

private let one: EndpointSet = [Endpoint(.ip(.v4(1), port: 80))]
private let two: EndpointSet = [Endpoint(.ip(.v4(2), port: 80))]

struct ScriptedResolverTests {
    @Test func `obeys the rules of resolvers`() async throws {
        let report = try await ResolverConformance {
            let resolver = ScriptedResolver()
            return ResolverConformance.Subject(
                resolver,
                change: { resolver.yield($0) },
                fail: { resolver.fail() },
                tick: { await Task.yield() },
                resources: { resolver.activeIterations }
            )
        }.check()
        #expect(report.skipped.isEmpty)
        #expect(report.passed == ResolverRule.allCases)
    }

    @Test func `ends behind the last answer`() async {
        let resolver = ScriptedResolver(one)
        resolver.finish()
        resolver.yield(two)
        for _ in 0..<2 {
            var seen: [Resolution] = []
            for await resolution in resolver.resolutions() { seen.append(resolution) }
            #expect(seen == [.endpoints(one)])
        }
        #expect(resolver.iterationCount == 2)
        #expect(resolver.activeIterations == 0)
    }

    @Test func `counts iterations and hints`() async {
        let resolver = ScriptedResolver(one)
        let task = Task { for await _ in resolver.resolutions() {} }
        await resolver.iterations()
        #expect(resolver.iterationCount == 1)
        #expect(resolver.activeIterations == 1)
        task.cancel()
        await task.value
        #expect(resolver.activeIterations == 0)
        resolver.refresh()
        #expect(resolver.refreshCount == 1)
    }
}
