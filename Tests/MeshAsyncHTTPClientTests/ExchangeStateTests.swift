#if AsyncHTTPClient
import MeshCore
import NIOCore
import NIOEmbedded
import NIOHTTP1
import Synchronization
import Testing

@testable import MeshAsyncHTTPClient

@Suite struct ExchangeStateTests {
    private let eventLoop = EmbeddedEventLoop()

    private func state(after chunks: [Int], buffer: Int = 100) -> ExchangeState {
        var state = ExchangeState(responseBuffer: buffer, drain: 0, hasBody: false)
        _ = state.receive(HTTPResponseHead(version: .http1_1, status: .ok))
        for size in chunks { _ = state.receive(ByteBuffer(repeating: 0, count: size), on: eventLoop) }
        return state
    }

    /// What the end actions get when the exchange is stopped.
    private func blame(_ state: inout ExchangeState, _ reason: any Error = CancellationSignal.Reason.deadlineExceeded)
        -> (any Error)?
    {
        guard case .stopped(_, _, let blame, _, let producer, _) = state.stop(reason) else { return nil }
        producer?.succeed(())
        return blame
    }

    @Test("a deadline is the endpoint's failure as long as something is awaited of it")
    func awaited() throws {
        var silent = ExchangeState(responseBuffer: 100, drain: 0, hasBody: false)
        #expect(blame(&silent) as? CancellationSignal.Reason == .deadlineExceeded)
        var stalled = state(after: [])
        #expect(blame(&stalled) as? CancellationSignal.Reason == .deadlineExceeded)
        var readSoFar = state(after: [10, 10])
        _ = readSoFar.read(nil)
        _ = readSoFar.read(nil)
        let reason = try #require(blame(&readSoFar) as? CancellationSignal.Reason)
        #expect(reason == .deadlineExceeded)
        #expect(reason.outcome.verdict == .failure)
    }

    @Test(
        "a deadline says nothing about the endpoint while what it has sent is not read",
        arguments: [[10], [10, 200]]
    )
    func unread(chunks: [Int]) throws {
        var state = state(after: chunks)
        let reason = try #require(blame(&state) as? CancellationSignal.Reason)
        #expect(reason == .responseUnread)
        #expect(reason.outcome == .inconclusive)
    }

    @Test("a reader finds the reason itself")
    func reader() throws {
        var state = state(after: [10])
        _ = blame(&state)
        _ = state.publish()
        guard case .result(let result, _) = state.read(nil) else {
            Issue.record("the reader waits")
            return
        }
        #expect(throws: CancellationSignal.Reason.deadlineExceeded) { try result.get() }
    }

    @Test("any other reason stays what it is")
    func otherReasons() {
        var cancelled = state(after: [10])
        #expect(blame(&cancelled, CancellationError()) is CancellationError)
        var shutDown = state(after: [10])
        #expect(blame(&shutDown, CancellationSignal.Reason.shutDown) as? CancellationSignal.Reason == .shutDown)
    }
}
#endif
