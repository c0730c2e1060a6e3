import MeshCore
import MeshDiscovery
import MeshTesting
import Testing

struct ResolverConformanceTests {
    typealias Subject = ResolverConformance.Subject

    /// A subject whose levers move scripted sources, of which `main` is the one that a change reaches.
    private func subject(
        _ resolver: any Resolver,
        main: ScriptedResolver,
        failing others: [ScriptedResolver] = [],
        time: ManualClock = ManualClock()
    ) -> Subject {
        Subject(
            resolver,
            change: { main.yield($0) },
            fail: { for source in [main] + others { source.fail() } },
            tick: {
                time.advance(by: .milliseconds(100))
                await Task.yield()
            },
            resources: { ([main] + others).map(\.activeIterations).reduce(time.sleeperCount, +) }
        )
    }

    @Test func `StaticResolver obeys the rules`() async throws {
        let report = try await ResolverConformance { Subject(StaticResolver(ab), resources: { 0 }) }.check()
        #expect(
            report.passed == [
                .beginsWithTheCurrentAnswer, .endsWhenCancelled, .freesResourcesWhenCancelled,
                .freesResourcesWhenDropped,
            ]
        )
    }

    @Test func `MappedResolver obeys the rules`() async throws {
        let report = try await ResolverConformance {
            let source = ScriptedResolver()
            return subject(source.map { $0 }.mapEndpoints { $0 }, main: source)
        }.check()
        #expect(report.skipped.isEmpty)
    }

    @Test func `MergedResolver obeys the rules, whichever source changes`() async throws {
        for mainIsFirst in [true, false] {
            let report = try await ResolverConformance {
                let main = ScriptedResolver()
                let quiet = ScriptedResolver()
                let merged = mainIsFirst ? main.merged(with: quiet) : quiet.merged(with: main)
                return subject(merged, main: main, failing: [quiet])
            }.check()
            #expect(report.skipped.isEmpty)
        }
    }

    @Test func `FallbackResolver obeys the rules, whichever source is in use`() async throws {
        for mainIsFirst in [true, false] {
            let report = try await ResolverConformance {
                let time = ManualClock()
                let main = ScriptedResolver()
                let quiet = ScriptedResolver()
                let resolver =
                    mainIsFirst
                    ? main.fallback(to: quiet, clock: time.clock) : quiet.fallback(to: main, clock: time.clock)
                return subject(resolver, main: main, failing: [quiet], time: time)
            }.check()
            #expect(report.skipped.isEmpty)
        }
    }
}
