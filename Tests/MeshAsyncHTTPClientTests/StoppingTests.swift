#if AsyncHTTPClient
import AsyncHTTPClient
import MeshCore
import NIOCore
import TestSupport
import Testing

@testable import MeshAsyncHTTPClient

@Suite(.takesTurns) struct StoppingTests {
    static let half = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"

    @Test("a stalled body fails with the reason of the signal, and the connection closes")
    func stalledBody() async throws {
        let server = try await RawServer.start { _, _ in [.send(Self.half)] }
        try await withTransport { transport in
            let signal = CancellationSignal()
            let ends = Ends()
            var response = try await transport.send(to: server.endpoint(), signal: signal)
            response.onEnd(ends.record)
            let body = response.message.body
            let (chunks, arrived) = AsyncStream<Int>.makeStream()
            let reading = Task {
                for try await chunk in body { arrived.yield(chunk.readableBytes) }
            }
            var iterator = chunks.makeAsyncIterator()
            #expect(await iterator.next() == 4)
            signal.cancel(.deadlineExceeded)
            await #expect(throws: CancellationSignal.Reason.deadlineExceeded) { try await reading.value }
            #expect(ends.all == ["failed"])
            try await eventually("the connection stays open") { server.open == 0 }
            transport.retire(server.endpoint())
            try await eventually("the client stays open") { transport.openClientCount == 0 }
        }
        await server.stop()
    }

    @Test("a server that never answers is left with the reason of the signal")
    func stalledHead() async throws {
        let server = try await RawServer.start { _, _ in [] }
        try await withTransport { transport in
            let signal = CancellationSignal()
            let calling = Task { try await transport.send(to: server.endpoint(), signal: signal) }
            try await eventually("no request") { server.requests.count == 1 }
            signal.cancel(.attemptTimedOut)
            await #expect(throws: CancellationSignal.Reason.attemptTimedOut) { try await calling.value }
            try await eventually("the connection stays open") { server.open == 0 }
            transport.retire(server.endpoint())
            try await eventually("the client stays open") { transport.openClientCount == 0 }
        }
        await server.stop()
    }

    @Test("a signal given before the call stops it before it is sent")
    func signalledBefore() async throws {
        let server = try await RawServer.start()
        try await withTransport { transport in
            let signal = CancellationSignal()
            signal.cancel(.attemptTimedOut)
            await #expect(throws: CancellationSignal.Reason.attemptTimedOut) {
                try await transport.send(to: server.endpoint(), signal: signal)
            }
            #expect(server.accepted == 0)
            #expect(transport.openClientCount == 0)
        }
        await server.stop()
    }

    @Test("a signal after the end of the response changes nothing")
    func signalledAfter() async throws {
        let server = try await RawServer.start()
        try await withTransport { transport in
            let signal = CancellationSignal()
            let ends = Ends()
            var response = try await transport.send(to: server.endpoint(), signal: signal)
            response.onEnd(ends.record)
            try await eventually("the response has not arrived") { ends.all == ["complete"] }
            signal.cancel(.deadlineExceeded)
            let bytes = try await response.message.body.collect(upTo: 10)
            #expect(String(buffer: bytes) == "ok")
            #expect(ends.all == ["complete"])
        }
        await server.stop()
    }

    @Test("a cancelled task gets a CancellationError: before the call")
    func cancelledBefore() async throws {
        let server = try await RawServer.start()
        try await withTransport { transport in
            let calling = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                return try await transport.send(to: server.endpoint())
            }
            await #expect(throws: CancellationError.self) { try await calling.value }
            #expect(server.accepted == 0)
        }
        await server.stop()
    }

    @Test("a cancelled task gets a CancellationError: waiting for the head")
    func cancelledInHead() async throws {
        let server = try await RawServer.start { _, _ in [] }
        try await withTransport { transport in
            let calling = Task { try await transport.send(to: server.endpoint()) }
            try await eventually("no request") { server.requests.count == 1 }
            calling.cancel()
            await #expect(throws: CancellationError.self) { try await calling.value }
            try await eventually("the connection stays open") { server.open == 0 }
        }
        await server.stop()
    }

    @Test("a cancelled task gets a CancellationError: reading the body")
    func cancelledInBody() async throws {
        let server = try await RawServer.start { _, _ in [.send(Self.half)] }
        try await withTransport { transport in
            let ends = Ends()
            var response = try await transport.send(to: server.endpoint())
            response.onEnd(ends.record)
            let body = response.message.body
            let (chunks, arrived) = AsyncStream<Int>.makeStream()
            let reading = Task {
                for try await chunk in body { arrived.yield(chunk.readableBytes) }
            }
            var iterator = chunks.makeAsyncIterator()
            #expect(await iterator.next() == 4)
            reading.cancel()
            await #expect(throws: CancellationError.self) { try await reading.value }
            #expect(ends.all == ["failed"])
            try await eventually("the connection stays open") { server.open == 0 }
        }
        await server.stop()
    }

    @Test("a cancelled task gets a CancellationError: while it connects")
    func cancelledInConnect() async throws {
        let server = try await RawServer.start { _, _ in [] }
        try await withTransport(.init(connectTimeout: .seconds(5))) { transport in
            let calling = Task {
                try await transport.send(HTTPClientRequest(url: "https://users/"), to: server.endpoint())
            }
            try await eventually("no connection") { server.accepted == 1 }
            calling.cancel()
            await #expect(throws: CancellationError.self) { try await calling.value }
        }
        await server.stop()
    }

    @Test("calls cancelled at random moments leave nothing behind")
    func cancelledAnywhere() async throws {
        let server = try await RawServer.start()
        try await withTransport { transport in
            await withTaskGroup { group in
                for index in 0..<300 {
                    group.addTask {
                        let calling = Task { try await transport.text(from: server.endpoint()) }
                        for _ in 0..<(index % 60) { await Task.yield() }
                        calling.cancel()
                        _ = await calling.result
                    }
                }
            }
            transport.retire(server.endpoint())
            try await eventually("a call was not released") { transport.openClientCount == 0 }
            try await eventually("a connection stays open") { server.open == 0 }
        }
        await server.stop()
    }

    @Test("shutting down stops what is running and refuses what comes later")
    func shutdown() async throws {
        let server = try await RawServer.start { _, _ in [] }
        let transport = AsyncHTTPClientTransport(.test())
        let calling = Task { try await transport.send(to: server.endpoint()) }
        try await eventually("no request") { server.requests.count == 1 }
        await transport.shutdown()
        await #expect(throws: CancellationSignal.Reason.shutDown) { try await calling.value }
        await #expect(throws: CancellationSignal.Reason.shutDown) { try await transport.send(to: server.endpoint()) }
        #expect(transport.openClientCount == 0)
        try await eventually("the connection stays open") { server.open == 0 }
        await transport.shutdown()
        await server.stop()
    }
}
#endif
