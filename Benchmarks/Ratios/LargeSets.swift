import BenchmarkSupport
import MeshCircuitBreaking
import MeshCore
import MeshLoadBalancing

#if canImport(Glibc)
import Glibc
#endif

/// Time and memory of a set of 100,000 endpoints with their breakers.
///
/// Memory is what the resident set of the process grows by, everything included: what the allocator adds, and what it
/// keeps of memory that the update used for a while. Measured first, because memory that an earlier measurement gave
/// back would hide some.
func measureLargeSets(into report: inout Report) {
    let count = 100_000
    // As a resolver yields them: equal, but not the same in memory.
    let (set, again) = (EndpointSet.synthetic(count), EndpointSet.synthetic(count))
    var first: [Double] = []
    var second: [Double] = []
    var memory: Double?
    for _ in 0..<5 {
        let before = residentBytes()
        let balancer = LoadBalancer(health: CircuitBreakers())
        first.append(milliseconds { balancer.update(set) })
        if memory == nil { memory = Double(residentBytes() - before) / Double(count) }
        second.append(milliseconds { balancer.update(again) })
    }
    report.add("apply 100,000 endpoints", median(first), "ms", target: .atMost(100))
    report.add("apply them again", median(second), "ms", target: .atMost(100))
    report.add("memory of an endpoint", memory ?? 0, "bytes", digits: 0, target: .atMost(1024))
}

private func milliseconds(_ body: () -> Void) -> Double {
    let start = MeshClock.continuous.now
    body()
    return Double(MeshClock.continuous.now.nanoseconds(since: start)) / 1e6
}

/// 0 where there is no /proc.
private func residentBytes() -> Int {
    #if canImport(Glibc)
    guard let file = fopen("/proc/self/statm", "r") else { return 0 }
    defer { fclose(file) }
    var (size, resident) = (0, 0)
    withUnsafeMutablePointer(to: &size) { size in
        withUnsafeMutablePointer(to: &resident) { resident in
            _ = withVaList([size, resident]) { vfscanf(file, "%ld %ld", $0) }
        }
    }
    return resident * Int(sysconf(Int32(_SC_PAGESIZE)))
    #else
    return 0
    #endif
}
