import MeshCore
import Synchronization
import TestSupport
import Testing

@testable import MeshCircuitBreaking

@Suite(.takesTurns) struct SuccessTallyTests {
    /// A tally with the lock that a breaker has around it.
    private final class Locked: Sendable {
        let tally = SuccessTally(StripedWords.Pool(width: 1, stripes: 4).take())
        let total = Mutex(0)
        /// What those who counted say.
        let counted = Atomic<Int>(0)

        func pass(at now: MeshInstant) -> SuccessTally.Pass? { tally.pass(at: now) }

        func count(with pass: SuccessTally.Pass) -> Bool { tally.count(with: pass) }

        func collect(thenOpenUntil end: MeshInstant?) {
            total.withLock { total in
                total += tally.collect()
                if let end { tally.open(until: end) }
            }
        }
    }

    private let locked = Locked()

    @Test func `nothing is counted before it is opened, nor from its end on`() throws {
        #expect(locked.pass(at: .zero) == nil)
        locked.collect(thenOpenUntil: .seconds(10))
        let pass = try #require(locked.pass(at: .seconds(9)))
        #expect(locked.count(with: pass))
        #expect(locked.pass(at: .seconds(10)) == nil)
        locked.collect(thenOpenUntil: nil)
        #expect(locked.total.withLock { $0 } == 1)
        #expect(locked.pass(at: .seconds(9)) == nil)
    }

    @Test func `a pass from before a collection is not good after it`() throws {
        locked.collect(thenOpenUntil: .distantFuture)
        let old = try #require(locked.pass(at: .zero))
        locked.collect(thenOpenUntil: .distantFuture)
        #expect(!locked.count(with: old))
        let new = try #require(locked.pass(at: .zero))
        #expect(locked.count(with: new))
        locked.collect(thenOpenUntil: nil)
        #expect(locked.total.withLock { $0 } == 1)
    }

    @Test func `collected as it is counted, nothing is lost and nothing twice`() async {
        locked.collect(thenOpenUntil: .distantFuture)
        await withDiscardingTaskGroup { group in
            for _ in 0..<6 {
                group.addTask { [locked] in
                    for step in 0..<20_000 {
                        if let pass = locked.pass(at: .zero), locked.count(with: pass) {
                            locked.counted.wrappingAdd(1, ordering: .relaxed)
                        }
                        if step % 1_000 == 0 { await Task.yield() }
                    }
                }
            }
            group.addTask { [locked] in
                for step in 0..<2_000 {
                    locked.collect(thenOpenUntil: .distantFuture)
                    if step % 100 == 0 { await Task.yield() }
                }
            }
        }
        locked.collect(thenOpenUntil: nil)
        #expect(locked.total.withLock { $0 } == locked.counted.load(ordering: .relaxed))
        #expect(locked.counted.load(ordering: .relaxed) > 0)
    }
}
