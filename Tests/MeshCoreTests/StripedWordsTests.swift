import MeshCore
import Testing

@Suite struct StripedWordsTests {
    @Test func `every word is zero at first and its own`() {
        let pool = StripedWords.Pool(width: 3, stripes: 4)
        // More than one block, and one that is only begun.
        let all = (0..<40).map { _ in pool.take() }
        var next: UInt64 = 1
        for words in all {
            for stripe in 0..<4 {
                for word in 0..<3 {
                    #expect(words.load(stripe, word) == 0)
                    words.store(next, to: stripe, word)
                    next += 1
                }
            }
        }
        next = 1
        for words in all {
            for stripe in 0..<4 {
                for word in 0..<3 {
                    #expect(words.load(stripe, word) == next)
                    next += 1
                }
            }
        }
    }

    @Test func `words outlive their pool and their neighbours`() {
        let words = {
            let pool = StripedWords.Pool(width: 1, stripes: 2)
            _ = (0..<20).map { _ in pool.take() }
            return pool.take()
        }()
        words.store(7, to: 1)
        #expect(words.load(1) == 7)
        #expect(words.load(0) == 0)
    }

    @Test func `what is added on all stripes at once adds up`() async {
        let words = StripedWords.Pool(width: 1, stripes: 8).take()
        await withDiscardingTaskGroup { group in
            for task in 0..<8 {
                group.addTask {
                    for step in 0..<10_000 { words.add(step % 2 == 0 ? 3 : 0 &- 1, to: (task + step) % 8) }
                }
            }
        }
        #expect((0..<8).reduce(0) { $0 &+ words.load($1) } == 80_000)
    }

    @Test func `a word is replaced only if it is the expected one`() {
        let words = StripedWords.Pool(width: 1, stripes: 1).take()
        #expect(words.replace(5, by: 6, in: 0) == 0)
        while words.replace(0, by: 6, in: 0) != nil {}
        #expect(words.exchange(9, in: 0) == 6)
        #expect(words.load(0) == 9)
    }
}
