#if Transport
import HTTPTypes
import MeshCore
import MeshHTTP
import NIOCore
import Synchronization
import TestSupport
import Testing

@testable import MeshTransport

@Suite("Stopping calls over sockets", .serialized, .oneAtATime, .timeLimit(.minutes(10))) struct TransportStoppingTests
{
    private static let half = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello"

    @Test("a server that never answers is left: with the task, and its connection closes")
    func cancelled() async throws {
        let server = try await ScriptedServer.start { _, _ in [] }
        try await withTransport { transport async throws in
            let call = Task { try await transport.call(to: server.endpoint()) }
            try await eventually("no request") { server.log.requests.count == 1 }
            call.cancel()
            await #expect(throws: CancellationError.self) { try await call.value }
            #expect(await transport.connectionCount == 0)
            try await eventually("the connection stays open") { server.log.open == 0 }
        }
        await server.stop()
    }

    @Test("a server that never answers is left: with the signal and its reason")
    func signalled() async throws {
        let server = try await ScriptedServer.start { _, _ in [] }
        try await withTransport { transport async throws in
            let signal = CancellationSignal()
            let call = Task { try await transport.call(to: server.endpoint(), signal: signal) }
            try await eventually("no request") { server.log.requests.count == 1 }
            signal.cancel(.attemptTimedOut)
            await #expect(throws: CancellationSignal.Reason.attemptTimedOut) { try await call.value }
            #expect(await transport.connectionCount == 0)
            try await eventually("the connection stays open") { server.log.open == 0 }
        }
        await server.stop()
    }

    @Test("a signal given before, and a task cancelled before, send nothing")
    func before() async throws {
        let server = try await ScriptedServer.start()
        try await withTransport { transport async throws in
            let signal = CancellationSignal()
            signal.cancel(.attemptTimedOut)
            await #expect(throws: CancellationSignal.Reason.attemptTimedOut) {
                try await transport.call(to: server.endpoint(), signal: signal)
            }
            let call = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                return try await transport.call(to: server.endpoint())
            }
            await #expect(throws: CancellationError.self) { try await call.value }
        }
        #expect(server.log.accepted == 0)
        await server.stop()
    }

    @Test("a body that stalls ends with the reason of the signal, or with the task", arguments: [true, false])
    func stalledBody(bySignal: Bool) async throws {
        let server = try await ScriptedServer.start { _, _ in [.send(Self.half)] }
        try await withTransport { transport async throws in
            let signal = CancellationSignal()
            let response = try await transport.call(to: server.endpoint(), signal: signal)
            let (chunks, arrived) = AsyncStream<Int>.makeStream()
            let reading = Task {
                for try await chunk in response.body { arrived.yield(chunk.count) }
            }
            var iterator = chunks.makeAsyncIterator()
            #expect(await iterator.next() == 5)
            if bySignal {
                signal.cancel(.deadlineExceeded)
                await #expect(throws: CancellationSignal.Reason.deadlineExceeded) { try await reading.value }
            } else {
                reading.cancel()
                await #expect(throws: CancellationError.self) { try await reading.value }
            }
            #expect(await transport.connectionCount == 0)
            try await eventually("the connection stays open") { server.log.open == 0 }
        }
        await server.stop()
    }

    @Test("a deadline is no failure of the endpoint while what it has sent is not read", arguments: [true, false])
    func unreadBody(isRead: Bool) async throws {
        let server = try await ScriptedServer.start { _, _ in [.send(Self.half)] }
        try await withTransport { transport async throws in
            let signal = CancellationSignal()
            let response = try await transport.call(to: server.endpoint(), signal: signal)
            let (ends, ended) = AsyncStream<ResponseEnd>.makeStream()
            response.body.onEnd { ended.yield($0) }
            var chunks = response.body.makeAsyncIterator()
            let chunk = isRead ? try await chunks.next() : nil
            #expect(chunk == (isRead ? Array("hello".utf8)[...] : nil))
            signal.cancel(.deadlineExceeded)
            var iterator = ends.makeAsyncIterator()
            let end = await iterator.next()
            let reason: CancellationSignal.Reason? =
                if case .failed(let error)? = end { error as? CancellationSignal.Reason } else { nil }
            #expect(reason == (isRead ? .deadlineExceeded : .responseUnread))
            do {
                _ = try await chunks.next()
                Issue.record("the body goes on")
            } catch {
                #expect(
                    error as? CancellationSignal.Reason == .deadlineExceeded,
                    "the caller is told the reason itself"
                )
            }
        }
        await server.stop()
    }

    @Test("calls that are stopped at any moment leave nothing behind")
    func anyMoment() async throws {
        let server = try await ScriptedServer.start { _, request in
            request % 2 == 0 ? [.ok] : [.send(Self.half), .send("world")]
        }
        try await withTransport(.test()) { transport async throws in
            await withTaskGroup(of: Void.self) { group in
                for index in 0..<500 {
                    let call = Task { try await transport.text(from: server.endpoint()) }
                    group.addTask {
                        for _ in 0..<(index % 50) { await Task.yield() }
                        call.cancel()
                        _ = await call.result
                    }
                }
            }
            #expect(try await transport.text(from: server.endpoint()).isEmpty == false)
            transport.retire(server.endpoint())
            try await eventually("a connection stays open") { await transport.connectionCount == 0 }
            try await eventually("a connection stays open") { server.log.open == 0 }
        }
        await server.stop()
    }

    @Test("a call that no longer waits lets the next one have the connection")
    func stoppedWaiter() async throws {
        let gate = Gate()
        let server = try await ScriptedServer.start { _, request in request == 1 ? [.wait(gate), .ok] : [.ok] }
        try await withTransport(.single { $0.maximumConnectionsPerEndpoint = 1 }) { transport async throws in
            let first = Task { try await transport.text(.get, "/1", from: server.endpoint()) }
            try await eventually("no request") { server.log.requests.count == 1 }
            let second = Task { try await transport.text(.get, "/2", from: server.endpoint()) }
            second.cancel()
            await #expect(throws: CancellationError.self) { try await second.value }
            let third = Task { try await transport.text(.get, "/3", from: server.endpoint()) }
            gate.open()
            #expect(try await first.value == "ok")
            #expect(try await third.value == "ok")
        }
        #expect(server.log.requests.map(\.line) == ["GET /1 HTTP/1.1", "GET /3 HTTP/1.1"])
        await server.stop()
    }

    @Test("an endpoint that leaves lets its calls end, and closes behind them")
    func retire() async throws {
        let gate = Gate()
        let server = try await ScriptedServer.start { connection, _ in connection == 1 ? [.wait(gate), .ok] : [.ok] }
        try await withTransport { transport async throws in
            let busy = Task { try await transport.text(from: server.endpoint()) }
            try await eventually("no request") { server.log.requests.count == 1 }
            try await transport.expectOK(from: server.endpoint())
            #expect(await transport.connectionCount == 2)
            transport.retire(server.endpoint())
            #expect(await transport.connectionCount == 1, "the idle one closes at once")
            gate.open()
            #expect(try await busy.value == "ok")
            #expect(await transport.connectionCount == 0)
            try await eventually("a connection stays open") { server.log.open == 0 }
            try await transport.expectOK(from: server.endpoint())
        }
        await server.stop()
    }

    @Test("an endpoint that leaves in the moment a connection opens keeps none", .timeLimit(.minutes(10)))
    func retireWhileOpening() async throws {
        let server = try await ScriptedServer.start()
        let endpoint = server.endpoint()
        let retiring = Mutex<NativeTransport?>(nil)
        let opened = Atomic(0)
        let configuration = NativeTransport.Configuration.single {
            // The second one opens for no call.
            $0.minimumConnectionsPerEndpoint = 2
            $0.onEvent = { event in
                guard case .opened = event, opened.wrappingAdd(1, ordering: .relaxed).newValue == 2 else { return }
                retiring.withLock { $0 }?.retire(endpoint)
            }
        }
        try await withTransport(configuration) { transport async throws in
            retiring.withLock { $0 = transport }
            try await transport.expectOK(from: endpoint)
            try await eventually("no second connection") { opened.load(ordering: .relaxed) == 2 }
            try await eventually("a connection stays open") { server.log.open == 0 }
            #expect(await transport.connectionCount == 0)
        }
        retiring.withLock { $0 = nil }
        await server.stop()
    }

    @Test("calls that wait when their endpoint leaves are still served")
    func retireWithWaiters() async throws {
        let gate = Gate()
        let server = try await ScriptedServer.start { _, request in request == 1 ? [.wait(gate), .ok] : [.ok] }
        try await withTransport(.single { $0.maximumConnectionsPerEndpoint = 1 }) { transport async throws in
            // On the event loop each begins before the first one's request is out, so that all of them wait when it leaves.
            let calls = (0..<5).map { _ in
                Task(executorPreference: transport.executors[0]) { try await transport.text(from: server.endpoint()) }
            }
            try await eventually("no request") { server.log.requests.count == 1 }
            transport.retire(server.endpoint())
            gate.open()
            for call in calls { #expect(try await call.value == "ok") }
            #expect(await transport.connectionCount == 0)
        }
        await server.stop()
    }

    @Test("a shutdown stops calls: before the head, within the body, and those that wait")
    func shutdown() async throws {
        let server = try await ScriptedServer.start { connection, _ in connection == 1 ? [.send(Self.half)] : [] }
        let transport = NativeTransport(.single { $0.maximumConnectionsPerEndpoint = 2 })
        let response = try await transport.call(to: server.endpoint())
        let calls = (0..<3).map { _ in Task { try await transport.call(to: server.endpoint()) } }
        try await eventually("no request") { server.log.requests.count == 2 }
        await transport.shutdown()
        #expect(await transport.connectionCount == 0)
        for call in calls { await #expect(throws: CancellationSignal.Reason.shutDown) { try await call.value } }
        await #expect(throws: CancellationSignal.Reason.shutDown) { try await response.body.collect(upTo: 100) }
        await #expect(throws: CancellationSignal.Reason.shutDown) { try await transport.call(to: server.endpoint()) }
        try await eventually("a connection stays open") { server.log.open == 0 }
        await transport.shutdown()
        await server.stop()
    }

    @Test("two shutdowns at once both return")
    func shutdownTwice() async throws {
        let server = try await ScriptedServer.start { _, _ in [] }
        let transport = NativeTransport(.test())
        let call = Task { try await transport.call(to: server.endpoint()) }
        try await eventually("no request") { server.log.requests.count == 1 }
        async let first: Void = transport.shutdown()
        async let second: Void = transport.shutdown()
        _ = await (first, second)
        await #expect(throws: CancellationSignal.Reason.shutDown) { try await call.value }
        await server.stop()
    }
}
#endif
