import BenchmarkSupport
import Dispatch
import MeshCircuitBreaking
import MeshCore
import MeshLoadBalancing
import ServiceMesh
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

// The costs that are promised as a ratio to something measured in the same run, because these machines are noisy.
// `swift run -c release ratios`

let clock = MeshClock.continuous

@Sendable
func nanoseconds(rounds: Int = 7, operations: Int, _ body: () async throws -> Void) async rethrows -> Double {
    var best = Double.infinity
    for _ in 0..<rounds {
        let start = clock.now
        try await body()
        best = min(best, Double(clock.now.nanoseconds(since: start)) / Double(operations))
    }
    return best
}

func residentKilobytes() -> Int {
    guard let file = fopen("/proc/self/statm", "r") else { return 0 }
    defer { fclose(file) }
    var size = 0
    var resident = 0
    withUnsafeMutablePointer(to: &size) { size in
        withUnsafeMutablePointer(to: &resident) { resident in
            _ = withVaList([size, resident]) { vfscanf(file, "%ld %ld", $0) }
        }
    }
    return resident * 4
}

func fixed(_ value: Double, _ digits: Int = 1) -> String {
    var scale = 1.0
    for _ in 0..<digits { scale *= 10 }
    return "\((value * scale).rounded() / scale)"
}

// MARK: The whole stack around a no-op

let mesh = try Mesh.noOp()
let client = try mesh.noOpClient()
let calls = 200_000
let (bare, stack) = try await Task.detached {
    var sum = 0
    for _ in 0..<20_000 { sum += try await client.call(NoOpRequest()) }
    var bare = Double.infinity
    var stack = Double.infinity
    for _ in 0..<7 {
        bare = min(
            bare,
            await nanoseconds(rounds: 1, operations: calls * 10) {
                for _ in 0..<(calls * 10) { sum += await bareCall() }
            }
        )
        stack = min(
            stack,
            try await nanoseconds(rounds: 1, operations: calls) {
                for _ in 0..<calls { sum += try await client.call(NoOpRequest()) }
            }
        )
    }
    precondition(sum > 0)
    return (bare, stack)
}.value
await mesh.shutdown()

// MARK: Two threads on one balancer

func picksPerMicrosecond(threads: Int, endpoints: Int) -> Double {
    let balancer = LoadBalancer(endpoints: .synthetic(endpoints), health: CircuitBreakers())
    let picks = 1_000_000
    var best = 0.0
    for _ in 0..<7 {
        let start = clock.now
        DispatchQueue.concurrentPerform(iterations: threads) { _ in
            for _ in 0..<picks {
                let now = clock.now
                guard let lease = try? balancer.pick(at: now) else { return }
                lease.end(.success, at: now)
            }
        }
        best = max(best, Double(threads * picks) / (Double(clock.now.nanoseconds(since: start)) / 1000))
    }
    return best
}

// MARK: A large set

let large = EndpointSet.synthetic(100_000)
let balancer = LoadBalancer(health: CircuitBreakers())
let before = residentKilobytes()
let start = clock.now
balancer.update(large)
let applied = Double(clock.now.nanoseconds(since: start)) / 1e6
let bytesPerEndpoint = Double((residentKilobytes() - before) * 1024) / 100_000

print("| what | measured | target |")
print("|---|--:|--:|")
print("| bare async call | \(fixed(bare)) ns | |")
print("| standard stack around a no-op | \(fixed(stack)) ns, \(fixed(stack / bare)) times | 30 times |")
for endpoints in [3, 100] {
    let one = picksPerMicrosecond(threads: 1, endpoints: endpoints)
    let two = picksPerMicrosecond(threads: 2, endpoints: endpoints)
    print("| picks on one thread, \(endpoints) endpoints | \(fixed(one)) per us | |")
    print("| two threads to one, \(endpoints) endpoints | \(fixed(two / one, 2)) times | 1.6 times |")
}
print("| apply 100,000 endpoints | \(fixed(applied)) ms | 100 ms |")
print("| memory of an endpoint | \(fixed(bytesPerEndpoint, 0)) bytes | 1024 bytes |")
