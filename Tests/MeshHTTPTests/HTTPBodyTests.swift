import MeshCore
import MeshHTTP
import Synchronization
import Testing

@Suite struct HTTPBodyTests {
    final class Ends: Sendable {
        private let ends = Mutex<[String]>([])

        var record: @Sendable (ResponseEnd) -> Void {
            { end in
                let name =
                    switch end {
                    case .complete: "complete"
                    case .failed: "failed"
                    case .dropped: "dropped"
                    }
                self.ends.withLock { $0.append(name) }
            }
        }

        var all: [String] { ends.withLock { $0 } }
    }

    static func stream(_ chunks: [String], failing: (any Error)? = nil) -> AsyncThrowingStream<
        ArraySlice<UInt8>, any Error
    > {
        AsyncThrowingStream { continuation in
            for chunk in chunks { continuation.yield(Array(chunk.utf8)[...]) }
            continuation.finish(throwing: failing)
        }
    }

    @Test("bytes can be read any number of times")
    func bytes() async throws {
        let body = HTTPBody("hello")
        #expect(body.length == 5)
        for _ in 0..<2 { #expect(try await body.collect(upTo: 5) == Array("hello".utf8)) }
        #expect(body.canBeRead)
        #expect(try await HTTPBody.empty.collect(upTo: 0).isEmpty)
    }

    @Test("a stream can be read once")
    func streamOnce() async throws {
        let body = HTTPBody(stream: Self.stream(["he", "", "llo"]))
        #expect(body.length == nil)
        #expect(body.canBeRead)
        #expect(try await body.collect(upTo: 5) == Array("hello".utf8))
        #expect(!body.canBeRead)
        await #expect(throws: HTTPBodyError.alreadyRead) { try await body.collect(upTo: 5) }
    }

    @Test("a recorded stream can be read again up to the limit", arguments: [(5, true), (4, false)])
    func recorded(limit: Int, again: Bool) async throws {
        var body = HTTPBody(stream: Self.stream(["he", "llo"]), length: 5)
        body.prepareForReplay(limit: limit)
        body.prepareForReplay(limit: 0)
        #expect(body.length == 5)
        #expect(try await body.collect(upTo: 5) == Array("hello".utf8))
        #expect(body.canBeRead == again)
        if again {
            #expect(try await body.collect(upTo: 5) == Array("hello".utf8))
        } else {
            await #expect(throws: ReplayError.limitExceeded(limit: limit)) { try await body.collect(upTo: 5) }
        }
    }

    @Test("collecting stops at the limit")
    func tooLarge() async throws {
        await #expect(throws: HTTPBodyError.tooLarge(limit: 4)) { try await HTTPBody("hello").collect(upTo: 4) }
        let stream = HTTPBody(stream: Self.stream(["he", "llo"]))
        await #expect(throws: HTTPBodyError.tooLarge(limit: 4)) { try await stream.collect(upTo: 4) }
    }

    @Test("the end of a stream is reported once: complete")
    func complete() async throws {
        let ends = Ends()
        do {
            let body = HTTPBody(stream: Self.stream(["x"]))
            body.onEnd(ends.record)
            #expect(ends.all.isEmpty)
            _ = try await body.collect(upTo: 5)
            #expect(ends.all == ["complete"])
            body.discard()
            body.onEnd(ends.record)
        }
        #expect(ends.all == ["complete", "complete"])
    }

    @Test("the end of a stream is reported once: failed")
    func failed() async throws {
        struct Broken: Error {}
        let ends = Ends()
        do {
            let body = HTTPBody(stream: Self.stream(["x"], failing: Broken()))
            body.onEnd(ends.record)
            await #expect(throws: Broken.self) { try await body.collect(upTo: 5) }
        }
        #expect(ends.all == ["failed"])
    }

    @Test("a stream that nobody reads is dropped with its last reference")
    func dropped() {
        let ends = Ends()
        var body: HTTPBody? = HTTPBody(stream: Self.stream(["x"]))
        body?.onEnd(ends.record)
        #expect(ends.all.isEmpty)
        body = nil
        #expect(ends.all == ["dropped"])
    }

    @Test("a stream whose reading stops is dropped when the reader lets go")
    func droppedHalfway() async throws {
        let ends = Ends()
        do {
            let body = HTTPBody(stream: Self.stream(["x", "y"]))
            body.onEnd(ends.record)
            for try await _ in body { break }
        }
        #expect(ends.all == ["dropped"])
    }

    @Test("a discarded stream is not mistaken for one that ended")
    func discarded() async throws {
        let body = HTTPBody(stream: Self.stream(["x", "y"]))
        var iterator = body.makeAsyncIterator()
        _ = try await iterator.next()
        body.discard()
        await #expect(throws: HTTPBodyError.alreadyRead) { _ = try await iterator.next() }
    }
}
