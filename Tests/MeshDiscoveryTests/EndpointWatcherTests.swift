import MeshCore
import MeshDiscovery
import MeshTesting
import Testing

struct EndpointWatcherTests {
    private let time = ManualClock()
    private let events = Recorder<DiscoveryEvent>()
    private let sets = Recorder<EndpointSet>()

    private func watcher(
        _ resolver: any Resolver,
        _ stabilization: Stabilization = Stabilization()
    ) -> EndpointWatcher {
        EndpointWatcher(
            resolver,
            stabilization: stabilization,
            clock: time.clock,
            onUpdate: sets.record,
            onEvent: events.record
        )
    }

    private func running(_ watcher: EndpointWatcher, _ body: () async throws -> Void) async rethrows {
        let task = Task { await watcher.run() }
        do {
            try await body()
        } catch {
            task.cancel()
            await task.value
            throw error
        }
        task.cancel()
        await task.value
        #expect(time.sleeperCount == 0)
    }

    @Test func `publishes sets and events in order`() async {
        let resolver = ScriptedResolver(a)
        let watcher = watcher(resolver)
        await running(watcher) {
            #expect(await events.first(1) == [.updated(added: 1, removed: 0, total: 1)])
            resolver.yield(ab)
            #expect(await events.first(2).last == .updated(added: 1, removed: 0, total: 2))
            resolver.fail("down")
            #expect(await events.first(3).last == .failed(ResolutionError(source: "scripted", reason: "down")))
            #expect(watcher.lastFailure?.reason == "down")
            #expect(watcher.current == ab)
            resolver.yield(.empty)
            #expect(await events.first(4).last == .emptyIgnored(total: 2))
            #expect(watcher.lastFailure == nil)
            #expect(watcher.current == ab)
            resolver.yield(b)
            #expect(await events.first(5).last == .updated(added: 0, removed: 1, total: 1))
        }
        #expect(sets.elements == [a, ab, b])
        #expect(watcher.current == b)
        #expect(resolver.activeIterations == 0)
    }

    @Test func `keeps the last good set when the resolver ends`() async {
        let watcher = watcher(StaticResolver(ab))
        await running(watcher) {
            _ = await events.first(1)
            #expect(watcher.current == ab)
        }
        #expect(watcher.current == ab)
        #expect(events.elements.count == 1)
    }

    @Test func `a resolver that ends without an answer has failed`() async {
        let resolver = ScriptedResolver()
        resolver.finish()
        await running(watcher(resolver)) {
            guard case .failed(let error) = await events.first(1)[0] else {
                Issue.record("not a failure")
                return
            }
            #expect(error.reason.contains("ended without an answer"))
        }
    }

    @Test func `removes after the grace period, by the clock`() async {
        let resolver = ScriptedResolver(ab)
        let watcher = watcher(resolver, Stabilization(removalGrace: .seconds(3)))
        await running(watcher) {
            _ = await events.first(1)
            resolver.yield(b)
            await time.sleepers()
            #expect(watcher.current?.count == 2)
            time.advance(by: .seconds(3))
            #expect(await events.first(3).last == .updated(added: 0, removed: 1, total: 1))
        }
    }

    @Test func `grace goes on after the resolver has ended, and each endpoint has its own`() async {
        let resolver = ScriptedResolver(endpoints("10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80"))
        let watcher = watcher(resolver, Stabilization(removalGrace: .seconds(3)))
        await running(watcher) {
            _ = await events.first(1)
            resolver.yield(endpoints("10.0.0.2:80", "10.0.0.3:80"))
            _ = await events.first(2)
            await time.sleepers()
            time.advance(by: .seconds(1))
            resolver.yield(c)
            _ = await events.first(3)
            resolver.finish()
            time.advance(by: .seconds(2))
            #expect(await events.first(4).last == .updated(added: 0, removed: 1, total: 2))
            await time.sleepers()
            time.advance(by: .seconds(1))
            #expect(await events.first(5).last == .updated(added: 0, removed: 1, total: 1))
        }
    }

    @Test func `passes one hint per interval on`() async {
        let resolver = ScriptedResolver()
        let watcher = watcher(resolver)
        for _ in 0..<100 { watcher.refresh() }
        #expect(resolver.refreshCount == 1)
        time.advance(by: .seconds(1))
        for _ in 0..<100 { watcher.refresh() }
        #expect(resolver.refreshCount == 2)
    }

    @Test func `a flapping source ends in the newest set`() async {
        let resolver = ScriptedResolver(a)
        let watcher = watcher(resolver)
        await running(watcher) {
            await withTaskGroup { group in
                for flap in 0..<4 {
                    group.addTask {
                        for step in 0..<500 { resolver.yield((step + flap).isMultiple(of: 2) ? ab : b) }
                    }
                }
            }
            resolver.yield(c)
            while watcher.current != c { await Task.yield() }
        }
        #expect(sets.elements.last == c)
    }
}
