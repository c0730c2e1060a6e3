import MeshCore
import MeshDiscovery
import MeshTesting
import Testing

struct CombinatorTests {
    /// What a resolver yields, written down while `body` runs.
    private func recording(
        _ resolver: any Resolver,
        _ body: (Recorder<Resolution>) async throws -> Void
    ) async rethrows {
        let recorder = Recorder<Resolution>()
        func record(_ resolver: some Resolver) async {
            for await resolution in resolver.resolutions() { recorder.record(resolution) }
        }
        let task = Task { await record(resolver) }
        try await body(recorder)
        task.cancel()
        await task.value
    }

    @Test func `fallback turns to the other one and back, by the clock`() async {
        let time = ManualClock()
        let first = ScriptedResolver()
        let other = ScriptedResolver(b)
        await recording(first.fallback(to: other, after: .seconds(5), clock: time.clock)) { answers in
            await time.sleepers()
            await other.iterations()
            time.advance(by: .seconds(5))
            #expect(await answers.first(1) == [.endpoints(b)])
            first.yield(a)
            #expect(await answers.first(2).last == .endpoints(a))
            first.fail("down")
            #expect(await answers.first(3).last == failure("down"))
            await time.sleepers()
            time.advance(by: .seconds(5))
            #expect(await answers.first(4).last == .endpoints(b))
            first.yield(a)
            #expect(await answers.first(5).last == .endpoints(a))
        }
        // What an iteration runs ends a moment after it.
        while first.activeIterations + other.activeIterations + time.sleeperCount > 0 { await Task.yield() }
    }

    @Test func `fallback treats a resolver that ends without an answer as a failing one`() async {
        let first = ScriptedResolver()
        first.finish()
        await recording(first.fallback(to: StaticResolver(b))) { answers in
            while answers.elements.last != .endpoints(b) { await Task.yield() }
        }
    }

    @Test func `merge of static resolvers is the union and ends`() async {
        var last: Resolution?
        for await resolution in StaticResolver(a).merged(with: StaticResolver(b)).resolutions() { last = resolution }
        #expect(last == .endpoints(ab))
    }

    @Test func `merge survives the failure of one`() async {
        let first = ScriptedResolver(a)
        let second = ScriptedResolver()
        await recording(first.merged(with: second)) { answers in
            #expect(await answers.first(1) == [.endpoints(a)])
            second.fail("down")
            await second.iterations()
            first.yield(c)
            #expect(await answers.first(2) == [.endpoints(a), .endpoints(c)])
            second.yield(b)
            #expect(await answers.first(3).last == .endpoints(endpoints("10.0.0.3:80", "10.0.0.2:80")))
            first.fail("down")
            second.fail("down, too")
            #expect(await answers.first(4).last == failure("down; scripted: down, too"))
        }
    }

    @Test func `map changes sets, passes failures and leaves out what is equal afterwards`() async {
        let base = ScriptedResolver(ab)
        let port = base.filterEndpoints { $0.address != b.endpoints[0].address }
            .mapEndpoints { endpoint in
                var endpoint = endpoint
                endpoint.weight = 7
                return endpoint
            }
        let expected = EndpointSet([Endpoint(a.endpoints[0].address, weight: 7)])
        await recording(port) { answers in
            #expect(await answers.first(1) == [.endpoints(expected)])
            base.yield(a)
            base.fail("down")
            #expect(await answers.first(2) == [.endpoints(expected), failure("down")])
            base.yield(b)
            #expect(await answers.first(3).last == .endpoints(.empty))
        }
    }

    @Test func `combinators pass hints on`() {
        let first = ScriptedResolver()
        let second = ScriptedResolver()
        first.fallback(to: second.map { $0 }).refresh()
        first.merged(with: second).refresh()
        #expect(first.refreshCount == 2)
        #expect(second.refreshCount == 2)
    }

    @Test func `combinators nest, also over any Resolver`() async {
        let resolvers: [any Resolver] = [StaticResolver(a), StaticResolver(b).map { $0 }]
        let all = resolvers.dropFirst().reduce(resolvers[0]) { $0.merged(with: $1).map { $0 } }
        var last: Resolution?
        func iterate(_ resolver: some Resolver) async {
            for await resolution in resolver.resolutions() { last = resolution }
        }
        await iterate(all)
        #expect(last == .endpoints(ab))
    }
}
