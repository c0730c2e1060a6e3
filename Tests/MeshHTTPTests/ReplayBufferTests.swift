import MeshHTTP
import Synchronization
import Testing

@Suite struct ReplayBufferTests {
    /// A source whose chunks a test gives out one by one.
    final class Source: Sendable {
        let stream: AsyncThrowingStream<String, any Error>
        let feed: AsyncThrowingStream<String, any Error>.Continuation
        let starts = Atomic(0)
        let wasCancelled: AsyncStream<Void>

        init(_ chunks: [String] = []) {
            (stream, feed) = AsyncThrowingStream.makeStream()
            let (cancelled, cancel) = AsyncStream<Void>.makeStream()
            wasCancelled = cancelled
            feed.onTermination = {
                if case .cancelled = $0 { cancel.yield() }
                cancel.finish()
            }
            for chunk in chunks { feed.yield(chunk) }
        }

        func buffer(limit: Int) -> ReplayBuffer<String> {
            ReplayBuffer(limit: limit, size: \.utf8.count) {
                self.starts.add(1, ordering: .relaxed)
                var iterator = self.stream.makeAsyncIterator()
                return { try await iterator.next(isolation: #isolation) }
            }
        }
    }

    func all(_ reader: ReplayBuffer<String>.Reader) async throws -> [String] {
        var chunks: [String] = []
        while let chunk = try await reader.next() { chunks.append(chunk) }
        return chunks
    }

    @Test("reads again what fits the limit, from one pass over the source")
    func replays() async throws {
        let source = Source(["ab", "cd", "e"])
        source.feed.finish()
        let buffer = source.buffer(limit: 5)
        for _ in 0..<3 {
            #expect(try await all(buffer.makeReader()) == ["ab", "cd", "e"])
            #expect(buffer.canReplay)
        }
        #expect(source.starts.load(ordering: .relaxed) == 1)
    }

    @Test("beyond the limit the reader goes on, but there is no other")
    func overflows() async throws {
        let source = Source(["ab", "cd", "ef"])
        source.feed.finish()
        let buffer = source.buffer(limit: 5)
        #expect(try await all(buffer.makeReader()) == ["ab", "cd", "ef"])
        #expect(!buffer.canReplay)
        #expect(throws: ReplayError.limitExceeded(limit: 5)) { try buffer.makeReader() }
    }

    @Test("a chunk over the limit that nobody waits for any more is kept for the next reader")
    func overflowsForNobody() async throws {
        let (stream, feed) = AsyncThrowingStream<String, any Error>.makeStream()
        let isAsked = Atomic(false)
        let isMeasured = Atomic(false)
        let buffer = ReplayBuffer<String>(
            limit: 1,
            size: {
                isMeasured.store(true, ordering: .releasing)
                return $0.utf8.count
            },
            source: {
                isAsked.store(true, ordering: .releasing)
                var iterator = stream.makeAsyncIterator()
                return { try await iterator.next(isolation: #isolation) }
            }
        )
        let first = try buffer.makeReader()
        let waiting = Task { try await first.next() }
        while !isAsked.load(ordering: .acquiring) { await Task.yield() }
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
        feed.yield("abc")
        feed.yield("d")
        feed.finish()
        while !isMeasured.load(ordering: .acquiring) { await Task.yield() }
        #expect(buffer.canReplay)
        #expect(try await all(buffer.makeReader()) == ["abc", "d"])
        #expect(!buffer.canReplay)
    }

    @Test("a second reader takes over where the first stopped")
    func takesOver() async throws {
        let source = Source(["ab"])
        let buffer = source.buffer(limit: 100)
        let first = try buffer.makeReader()
        #expect(try await first.next() == "ab")
        let second = try buffer.makeReader()
        await #expect(throws: ReplayError.superseded) { try await first.next() }
        source.feed.yield("cd")
        source.feed.finish()
        #expect(try await all(second) == ["ab", "cd"])
    }

    @Test("a reader that waits is told when it is superseded")
    func supersedesAWaiter() async throws {
        let source = Source()
        let buffer = source.buffer(limit: 100)
        let first = try buffer.makeReader()
        let waiting = Task { try await first.next() }
        while source.starts.load(ordering: .relaxed) == 0 { await Task.yield() }
        let second = try buffer.makeReader()
        await #expect(throws: ReplayError.superseded) { try await waiting.value }
        source.feed.yield("x")
        source.feed.finish()
        #expect(try await all(second) == ["x"])
    }

    @Test("cancelling a reader does not cancel the source")
    func cancelledReader() async throws {
        let source = Source()
        let buffer = source.buffer(limit: 100)
        let first = try buffer.makeReader()
        let waiting = Task { try await first.next() }
        while source.starts.load(ordering: .relaxed) == 0 { await Task.yield() }
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
        source.feed.yield("x")
        source.feed.finish()
        #expect(try await all(buffer.makeReader()) == ["x"])
    }

    @Test("an error of the source reaches every reader")
    func sourceFails() async throws {
        struct Broken: Error {}
        let source = Source(["ab"])
        source.feed.finish(throwing: Broken())
        let buffer = source.buffer(limit: 100)
        for _ in 0..<2 {
            let reader = try buffer.makeReader()
            #expect(try await reader.next() == "ab")
            await #expect(throws: Broken.self) { try await reader.next() }
        }
    }

    @Test("dropping the buffer cancels the source")
    func dropped() async throws {
        let source = Source()
        var buffer: ReplayBuffer<String>? = source.buffer(limit: 100)
        do {
            let reader = try #require(try buffer?.makeReader())
            let waiting = Task { try await reader.next() }
            while source.starts.load(ordering: .relaxed) == 0 { await Task.yield() }
            waiting.cancel()
            _ = await waiting.result
        }
        buffer = nil
        var cancellations = source.wasCancelled.makeAsyncIterator()
        #expect(await cancellations.next() != nil)
    }

    @Test("a source is read only when something is wanted")
    func isLazy() async throws {
        let source = Source(["a"])
        let buffer = source.buffer(limit: 100)
        _ = try buffer.makeReader()
        #expect(source.starts.load(ordering: .relaxed) == 0)
    }
}
