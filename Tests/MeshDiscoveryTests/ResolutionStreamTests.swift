import MeshCore
import MeshDiscovery
import MeshTesting
import Testing

struct ResolutionStreamTests {
    @Test func `leaves out what equals the element before`() async {
        let stream = ResolutionStream { yield in
            for set in [a, a, a] { yield(.endpoints(set)) }
        }
        var seen: [Resolution] = []
        for await resolution in stream { seen.append(resolution) }
        #expect(seen == [.endpoints(a)])
    }

    @Test func `a slow reader gets the newest and then the end`() async {
        let done = Recorder<Bool>()
        let stream = ResolutionStream { yield in
            for set in [a, b, ab, c] { yield(.endpoints(set)) }
            done.record(true)
        }
        var iterator = stream.makeAsyncIterator()
        _ = await done.first(1)
        #expect(await iterator.next() == .endpoints(c))
        #expect(await iterator.next() == nil)
    }

    @Test func `each iteration runs the function afresh and ends it`() async {
        let time = ManualClock()
        let runs = Recorder<String>()
        let stream = ResolutionStream { yield in
            runs.record("begin")
            yield(.endpoints(a))
            try? await time.clock.sleep(until: .distantFuture)
            runs.record("end")
        }
        for round in 1...2 {
            for await _ in stream { break }
            #expect(await runs.first(2 * round).suffix(2) == ["begin", "end"])
        }
        let task = Task { for await _ in stream {} }
        _ = await runs.first(5)
        task.cancel()
        await task.value
        #expect(await runs.first(6).last == "end")
    }
}
