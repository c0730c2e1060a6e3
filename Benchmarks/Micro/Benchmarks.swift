import Benchmark
import BenchmarkSupport
import MeshAdmission
import MeshCircuitBreaking
import MeshCore
import MeshLoadBalancing
import MeshRetries
import MeshTracing
import ServiceMesh

// What each piece of a call costs. `MESH_BENCHMARKS=1 swift package --disable-sandbox benchmark --target MicroBenchmarks`
//
// Times only: without its jemalloc trait the package counts no allocations, and prints 0 for them. Those are counted by
// Benchmarks/InstructionCount.
let benchmarks: @Sendable () -> Void = {
    Benchmark.defaultConfiguration = .init(
        metrics: [.wallClock, .throughput],
        scalingFactor: .kilo,
        maxDuration: .seconds(1)
    )
    let clock = MeshClock.continuous

    Benchmark("bare async call") { benchmark in
        for _ in benchmark.scaledIterations { blackHole(await bareCall()) }
    }

    for count in [3, 100, 10_000] {
        for policy in [LoadBalancingPolicy.random, .weightedRoundRobin, .leastRequest, .peakEWMA] {
            let balancer = LoadBalancer(policy: policy, endpoints: .synthetic(count), health: CircuitBreakers())
            Benchmark("pick and end, \(policy.name), \(count) endpoints") { benchmark in
                for _ in benchmark.scaledIterations {
                    let now = clock.now
                    let lease = try balancer.pick(at: now)
                    lease.end(.success, at: now)
                }
            }
        }
    }

    Benchmark("breaker: availability") { benchmark in
        let breaker = CircuitBreakers().track(EndpointSet.synthetic(1).endpoints[0])
        let now = clock.now
        benchmark.startMeasurement()
        for _ in benchmark.scaledIterations { blackHole(breaker.availability(at: now)) }
    }

    Benchmark("breaker: record a success") { benchmark in
        let breaker = CircuitBreakers().track(EndpointSet.synthetic(1).endpoints[0])
        let now = clock.now
        benchmark.startMeasurement()
        for _ in benchmark.scaledIterations { breaker.record(.success, of: HealthTicket(), at: now) }
    }

    Benchmark("retry budget: deposit") { benchmark in
        let budget = SharedRetryBudget()
        let now = clock.now
        benchmark.startMeasurement()
        for _ in benchmark.scaledIterations { budget.deposit(at: now) }
    }

    Benchmark("deadline: arm and disarm") { benchmark in
        let wheel = DeadlineWheel()
        let signal = CancellationSignal()
        let instant = clock.now.advanced(by: .seconds(10))
        benchmark.startMeasurement()
        for _ in benchmark.scaledIterations {
            wheel.disarm(wheel.arm(signal, reason: .deadlineExceeded, at: instant))
        }
        benchmark.stopMeasurement()
        wheel.shutdown()
    }

    Benchmark("traceparent: parse") { benchmark in
        for _ in benchmark.scaledIterations {
            blackHole(TraceParent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"))
        }
    }

    Benchmark("traceparent: print") { benchmark in
        guard let parent = TraceParent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01") else { return }
        benchmark.startMeasurement()
        for _ in benchmark.scaledIterations { blackHole(parent.description) }
    }

    Benchmark("standard stack around a no-op") { benchmark in
        let mesh = try Mesh.noOp()
        let client = try mesh.noOpClient()
        // Until discovery has answered a call takes another way.
        for _ in 0..<100 { blackHole(try await client.call(NoOpRequest())) }
        benchmark.startMeasurement()
        for _ in benchmark.scaledIterations { blackHole(try await client.call(NoOpRequest())) }
        benchmark.stopMeasurement()
        await mesh.shutdown()
    }
}
