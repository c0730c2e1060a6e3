import MeshCore
import Synchronization
import TestSupport
import Testing

@testable import MeshLoadBalancing

@Suite("The count of calls in flight", .takesTurns)
struct CallCountTests {
    private typealias Calls = CallCount.Calls

    /// A count that closures may share.
    private final class Shared: Sendable {
        let count: CallCount
        /// How many saw the end.
        let ends = Atomic<Int>(0)

        init(stripes: Int) {
            count = CallCount(StripedWords.Pool(width: CallCount.width, stripes: stripes).take())
        }

        /// Ends a call; whether it was the last, and the count closed.
        func end(_ word: UInt64 = Calls.waiting, on stripe: Int) -> Bool {
            count.subtract(word, on: stripe) ? false : count.settle(word)
        }

        /// Whether no call was left.
        func close() -> Bool { count.settle(CallCount.closing(count.close())) }

        func seen(by stripe: Int, at now: MeshInstant) -> Calls {
            var glances = Glances()
            return Calls(word: count.sight.seen(by: stripe, at: now, &glances))
        }
    }

    @Test("a call may begin, change and end on any stripe: the sum is exact", arguments: [1, 2, 4, 8])
    func anyStripe(stripes: Int) {
        let shared = Shared(stripes: stripes)
        for call in 0..<100 { shared.count.begin(on: call) }
        #expect(Calls(word: shared.count.total).inFlight == 100)
        for call in 0..<100 { _ = shared.count.subtract(Calls.waiting - Calls.reading, on: call / 3) }
        #expect(Calls(word: shared.count.total).inFlight == 100)
        #expect(!Calls(word: shared.count.total).isWaiting)
        for call in 0..<99 { #expect(!shared.end(Calls.reading, on: call * 7)) }
        #expect(shared.count.total == 1)
        #expect(!shared.end(Calls.reading, on: 0))
        #expect(shared.count.total == 0)
    }

    @Test("a stripe sees its own calls at once, and those of the others a moment later")
    func seen() {
        let shared = Shared(stripes: 4)
        let later = MeshInstant.start + .microseconds(66)
        #expect(shared.seen(by: 0, at: .start).inFlight == 0)
        shared.count.begin(on: 0)
        shared.count.begin(on: 1)
        #expect(shared.seen(by: 0, at: .start).inFlight == 1)
        #expect(shared.seen(by: 1, at: .start).inFlight == 2)
        #expect(shared.seen(by: 0, at: later).inFlight == 2)
        #expect(shared.seen(by: 0, at: later).isWaiting)
        // Begun where it is not yet seen, ended here: never fewer than none.
        shared.count.begin(on: 2)
        for _ in 0..<3 { _ = shared.end(on: 0) }
        #expect(shared.seen(by: 0, at: later).inFlight == 0)
        #expect(!shared.seen(by: 0, at: later).isWaiting)
        #expect(shared.seen(by: 3, at: later).inFlight == 0)
        #expect(shared.count.total == 0)
    }

    @Test("a single stripe sees everything, always")
    func single() {
        let shared = Shared(stripes: 1)
        for call in 1...5 {
            shared.count.begin(on: call)
            #expect(shared.seen(by: call, at: .start).inFlight == call)
        }
    }

    @Test("fewer than none is no call at all")
    func decoding() {
        for (waiting, reading) in [(0, 0), (3, 0), (0, 4), (2, 5), (-1, 0), (0, -2), (-3, 1), (4, -1), (100_000, -7)] {
            let word =
                UInt64(bitPattern: Int64(waiting)) &* Calls.waiting
                &+ UInt64(bitPattern: Int64(reading)) &* Calls.reading
            #expect(Calls(word: word).inFlight == max(0, waiting + reading))
            #expect(Calls(word: word).isWaiting == (waiting > 0))
        }
    }

    @Test("closed, the last call to end is known, wherever the calls began and end", arguments: [1, 4])
    func closed(stripes: Int) {
        #expect(Shared(stripes: stripes).close())
        let shared = Shared(stripes: stripes)
        for call in 0..<10 { shared.count.begin(on: call) }
        #expect(!shared.end(on: 3))
        #expect(!shared.close())
        for call in 0..<8 { #expect(!shared.end(on: call * 5)) }
        #expect(!shared.end(Calls.waiting - Calls.reading, on: 2))
        #expect(shared.end(Calls.reading, on: 1))
    }

    @Test("calls that end while the count is being closed: exactly one sees the end")
    func closedUnderLoad() async {
        for round in 0..<300 {
            let shared = Shared(stripes: 4)
            for call in 0..<64 { shared.count.begin(on: call) }
            await withDiscardingTaskGroup { group in
                for task in 0..<4 {
                    group.addTask {
                        for call in 0..<16 where shared.end(on: (task + call + round) % 5) {
                            shared.ends.wrappingAdd(1, ordering: .relaxed)
                        }
                    }
                }
                group.addTask {
                    if shared.close() { shared.ends.wrappingAdd(1, ordering: .relaxed) }
                }
            }
            #expect(shared.ends.load(ordering: .relaxed) == 1)
        }
    }
}
