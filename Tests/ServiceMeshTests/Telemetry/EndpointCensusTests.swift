import MeshCircuitBreaking
import MeshCore
import MeshTelemetry
import Synchronization
import TestSupport
import Testing

@testable import ServiceMesh

#if Telemetry
import CoreMetrics
#endif

@Suite("The census of endpoints", .takesTurns)
struct EndpointCensusTests {
    private static let service: ServiceName = "users"
    private static let policy = CircuitBreakerPolicy(consecutiveFailures: 1, maximumEjected: .one)

    /// Breakers whose every transition is counted.
    private struct Rig {
        let hub = MeshEvents()
        let census: EndpointCensus
        let breakers: CircuitBreakers
        let endpoints: [CircuitBreaker]

        init(endpoints count: Int, metrics: MetricsBackend = .none) {
            let census = EndpointCensus(
                service,
                panicThreshold: 0.5,
                metrics: ServiceMetrics(service: service, backend: metrics),
                events: hub
            )
            let breakers = CircuitBreakers(policy, random: RandomSource(seed: 1)) { _, _ in census.update() }
            census.follow(breakers)
            endpoints = (0..<count).map { breakers.track(Endpoint(.host("backend-\($0)", port: 80))) }
            self.census = census
            self.breakers = breakers
            census.update(total: count)
        }

        func eject(_ endpoint: CircuitBreaker, at now: MeshInstant) {
            endpoint.record(.failure, of: endpoint.admit(at: now) ?? HealthTicket(), at: now)
        }

        /// By a probe, long after it was ejected.
        func readmit(_ endpoint: CircuitBreaker, at now: MeshInstant) {
            endpoint.record(.success, of: endpoint.admit(at: now) ?? HealthTicket(), at: now)
        }

        func events(of subscription: EventSubscription) async -> [MeshEvent] {
            hub.finish()
            var all: [MeshEvent] = []
            for await event in subscription { all.append(event) }
            return all
        }
    }

    @Test func `a panic is entered and left, and each is told once`() async throws {
        let rig = Rig(endpoints: 4)
        let subscription = rig.hub.subscribe()
        let start = MeshInstant.zero
        for endpoint in rig.endpoints.prefix(3) { rig.eject(endpoint, at: start) }
        for endpoint in rig.endpoints.prefix(3) { rig.readmit(endpoint, at: start.advanced(by: .seconds(3600))) }
        #expect(
            await rig.events(of: subscription) == [
                .panicEntered(Self.service, available: 1, total: 4),
                .panicLeft(Self.service, available: 2, total: 4),
            ]
        )
    }

    #if Telemetry
    @Test func `what changes while it is being told is told afterwards`() async throws {
        let metrics = InterruptedMetrics()
        let rig = Rig(endpoints: 1, metrics: MetricsBackend(metrics))
        let subscription = rig.hub.subscribe()
        metrics.interrupt(MetricName.endpointsAvailable) { [endpoint = rig.endpoints[0]] in
            rig.readmit(endpoint, at: MeshInstant.zero.advanced(by: .seconds(3600)))
        }
        rig.eject(rig.endpoints[0], at: .zero)
        #expect(rig.breakers.unavailableCount == 0)
        #expect(metrics.last(MetricName.endpointsEjected) == 0)
        #expect(
            await rig.events(of: subscription) == [
                .panicEntered(Self.service, available: 0, total: 1),
                .panicLeft(Self.service, available: 1, total: 1),
            ]
        )
    }
    #endif

    @Test func `after many transitions at once the last event is true`() async throws {
        let rig = Rig(endpoints: 8)
        let subscription = rig.hub.subscribe(bufferingNewest: 100_000)
        for isLastReadmitted in [false, true] {
            await withTaskGroup { group in
                for endpoint in rig.endpoints {
                    group.addTask {
                        for round in 1...200 {
                            let now = MeshInstant.zero.advanced(by: .seconds(round * 10_000))
                            rig.eject(endpoint, at: now)
                            if round < 200 || isLastReadmitted {
                                rig.readmit(endpoint, at: now.advanced(by: .seconds(3600)))
                            }
                        }
                    }
                }
            }
        }
        #expect(rig.breakers.unavailableCount == 0)
        let events = await rig.events(of: subscription)
        #expect(events.last.map(Self.isEntry) == false, "\(String(describing: events.last))")
        // They come in pairs, none twice.
        #expect(events.map(Self.isEntry) == events.indices.map { $0.isMultiple(of: 2) })
    }

    private static func isEntry(_ event: MeshEvent) -> Bool {
        if case .panicEntered = event { true } else { false }
    }
}

#if Telemetry
/// Metrics in which something happens at the moment when one of them is set.
private final class InterruptedMetrics: MetricsFactory {
    private struct State {
        var values: [String: Int64] = [:]
        var interruptions: [String: @Sendable () -> Void] = [:]
    }

    private final class Handler: MeterHandler {
        let label: String
        let metrics: InterruptedMetrics

        init(_ label: String, _ metrics: InterruptedMetrics) {
            self.label = label
            self.metrics = metrics
        }

        func set(_ value: Int64) { metrics.set(label, value) }
        func set(_ value: Double) {}
        func increment(by: Double) {}
        func decrement(by: Double) {}
    }

    private let state = Mutex(State())

    /// Lets `action` run the next time a meter is set.
    func interrupt(_ label: String, _ action: @escaping @Sendable () -> Void) {
        state.withLock { $0.interruptions[label] = action }
    }

    func last(_ label: String) -> Int64? { state.withLock { $0.values[label] } }

    private func set(_ label: String, _ value: Int64) {
        let action = state.withLock { state in
            state.values[label] = value
            return state.interruptions.removeValue(forKey: label)
        }
        action?()
    }

    func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler { Handler(label, self) }

    func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        NOOPMetricsHandler.instance
    }

    func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        NOOPMetricsHandler.instance
    }

    func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler { NOOPMetricsHandler.instance }

    func destroyCounter(_ handler: any CounterHandler) {}
    func destroyMeter(_ handler: any MeterHandler) {}
    func destroyRecorder(_ handler: any RecorderHandler) {}
    func destroyTimer(_ handler: any TimerHandler) {}
}
#endif
