#if Transport
import HTTPTypes
import MeshCore
import MeshHTTP
import NIOCore
import NIOPosix
import TestSupport
import Testing

@testable import MeshTransport

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

@Suite("Pools over sockets", .serialized, .oneAtATime, .timeLimit(.minutes(10))) struct PoolingTests {
    @Test("a connection closes when it was idle for long enough")
    func idle() async throws {
        let server = try await ScriptedServer.start()
        try await withTransport(.single { $0.idleTimeout = .milliseconds(50) }) { transport async throws in
            try await transport.expectOK(from: server.endpoint())
            try await eventually("the connection stays open") { server.log.open == 0 }
            #expect(await transport.connectionCount == 0)
            try await transport.expectOK(from: server.endpoint())
        }
        await server.stop()
    }

    @Test("a connection that is too old takes no more calls, and lets its last one end")
    func age() async throws {
        let gate = Gate()
        let server = try await ScriptedServer.start { connection, _ in connection == 1 ? [.wait(gate), .ok] : [.ok] }
        try await withTransport(.single { $0.maximumAge = .milliseconds(500) }) { transport async throws in
            let busy = Task { try await transport.text(from: server.endpoint()) }
            try await eventually("no request") { server.log.requests.count == 1 }
            try await Task.sleep(for: .milliseconds(600))
            gate.open()
            #expect(try await busy.value == "ok")
            try await transport.expectOK(from: server.endpoint())
            #expect(server.log.requests.map(\.connection) == [1, 2])
            try await eventually("an old connection stays open") { server.log.open == 0 }
        }
        await server.stop()
    }

    @Test("calls wait in their order when there are no more connections to have")
    func order() async throws {
        let gate = Gate()
        let server = try await ScriptedServer.start { _, request in request == 1 ? [.wait(gate), .ok] : [.ok] }
        try await withTransport(.single { $0.maximumConnectionsPerEndpoint = 1 }) { transport async throws in
            var calls: [Task<String, any Error>] = []
            for index in 0..<10 {
                calls.append(Task { try await transport.text(.get, "/\(index)", from: server.endpoint()) })
                if index == 0 { try await eventually("no request") { server.log.requests.count == 1 } }
                // The next one comes when this one waits.
                try await Task.sleep(for: .milliseconds(5))
            }
            gate.open()
            for call in calls { #expect(try await call.value == "ok") }
        }
        #expect(server.log.accepted == 1)
        #expect(server.log.requests.map(\.line) == (0..<10).map { "GET /\($0) HTTP/1.1" })
        await server.stop()
    }

    @Test("a burst of short calls does not open a connection for each")
    func burst() async throws {
        let server = try await ScriptedServer.start()
        try await withTransport(.single { $0.connectTimeout = .seconds(10) }) { transport async throws in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<1000 { group.addTask { try await transport.expectOK(from: server.endpoint()) } }
                try await group.waitForAll()
            }
        }
        #expect(server.log.requests.count == 1000)
        #expect(server.log.accepted < 500, "\(server.log.accepted)")
        await server.stop()
    }

    @Test("a call waits for a bounded time, and in a bounded crowd")
    func waitLimits() async throws {
        let server = try await ScriptedServer.start { _, request in request == 1 ? [.ok] : [] }
        let configuration = NativeTransport.Configuration.single {
            $0.maximumConnectionsPerEndpoint = 1
            $0.maximumWaitersPerEndpoint = 2
            $0.connectTimeout = .seconds(3)
            $0.waitTimeout = .seconds(1)
        }
        try await withTransport(configuration) { transport async throws in
            try await eventually("no connection") { (try? await transport.text(from: server.endpoint())) == "ok" }
            let first = Task { try await transport.call(to: server.endpoint()) }
            try await eventually("no request") { server.log.requests.count == 2 }
            let kinds = await withTaskGroup(of: TransportError?.self) { group in
                for _ in 0..<5 {
                    group.addTask {
                        try? await transportError { _ = try await transport.call(to: server.endpoint()) }
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(kinds.allSatisfy { $0?.kind == .noConnectionFree })
            #expect(kinds.allSatisfy { $0?.outcome == Outcome(.inconclusive, retry: .neverSent) })
            #expect(kinds.filter { "\($0?.underlying ?? NoError())".contains("already") }.count == 3)
            first.cancel()
            _ = await first.result
        }
        await server.stop()
    }

    @Test("a call does not wait for a connection that nobody opens as long as one takes to open")
    func waitsNoLonger() async throws {
        let server = try await ScriptedServer.start { _, request in request == 1 ? [.ok] : [] }
        let configuration = NativeTransport.Configuration.single {
            $0.maximumConnectionsPerEndpoint = 1
            $0.waitTimeout = .milliseconds(50)
        }
        try await withTransport(configuration) { transport async throws in
            try await transport.expectOK(from: server.endpoint())
            let first = Task { try await transport.call(to: server.endpoint()) }
            try await eventually("no request") { server.log.requests.count == 2 }
            let began = ContinuousClock.now
            let error = try await transportError { _ = try await transport.call(to: server.endpoint()) }
            #expect(error.kind == .noConnectionFree)
            #expect("\(error)".contains("after 50 ms"))
            #expect(ContinuousClock.now - began < .seconds(20), "the connect timeout is 30 s")
            first.cancel()
            _ = await first.result
        }
        await server.stop()
    }

    @Test("a call that is refused says how many wait on its event loop")
    func waitersOfALoop() async throws {
        let server = try await ScriptedServer.start { _, _ in [] }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        let configuration = NativeTransport.Configuration.test {
            $0.eventLoopGroup = group
            $0.maximumConnectionsPerEndpoint = 2
            $0.maximumWaitersPerEndpoint = 2
        }
        try await withTransport(configuration) { transport async throws in
            let calls = (0..<8).map { _ in Task { _ = try await transport.call(to: server.endpoint()) } }
            try await eventually("no request") { !server.log.requests.isEmpty }
            for call in calls {
                Task {
                    try await Task.sleep(for: .milliseconds(500))
                    call.cancel()
                }
            }
            var refusals: [String] = []
            for call in calls {
                if case .failure(let error as TransportError) = await call.result { refusals.append("\(error)") }
            }
            #expect(!refusals.isEmpty)
            #expect(refusals.allSatisfy { $0.contains("1 calls wait already on this event loop") }, "\(refusals)")
        }
        await server.stop()
        try await group.shutdownGracefully()
    }

    @Test("connections that the server closes are replaced for those who wait")
    func replaced() async throws {
        let server = try await ScriptedServer.start { _, _ in
            [.readBody, .send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"), .close]
        }
        try await withTransport(.single { $0.maximumConnectionsPerEndpoint = 3 }) { transport async throws in
            let answers = await withTaskGroup(of: Bool.self) { group in
                for _ in 0..<100 {
                    group.addTask { (try? await transport.text(from: server.endpoint())) == "ok" }
                }
                return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(answers == 100)
        }
        #expect(server.log.accepted == 100)
        await server.stop()
    }

    @Test("asking for the connection to be closed closes it")
    func closesOnRequest() async throws {
        let server = try await ScriptedServer.start()
        try await withTransport { transport async throws in
            try await transport.expectOK(.get, "/", [.connection: "close"], from: server.endpoint())
            #expect(await transport.connectionCount == 0)
            #expect(server.log.requests.first?.value(of: "Connection") == "close")
        }
        await server.stop()
    }

    private var openFiles: Int {
        guard let folder = opendir("/proc/self/fd") else { return 0 }
        defer { closedir(folder) }
        var count = 0
        while readdir(folder) != nil { count += 1 }
        return count
    }

    @Test("a thousand endpoints come and go, and leave nothing")
    func comeAndGo() async throws {
        let server = try await ScriptedServer.start()
        try await withTransport(.test()) { transport async throws in
            for host in 1...1000 as ClosedRange<UInt32> {
                try await transport.expectOK(from: server.endpoint(host))
                transport.retire(server.endpoint(host))
            }
            #expect(await transport.connectionCount == 0)
            // Other tests open files of their own meanwhile, but not a thousand.
            try await eventually("a socket of the server stays open") { server.log.open == 0 }
            #expect(openFiles < 700)
        }
        #expect(server.log.accepted == 1000)
        await server.stop()
    }

    @Test("calls on the event loops of the transport work as others do")
    func executors() async throws {
        let server = try await ScriptedServer.start()
        try await withTransport(.test()) { transport async throws in
            await withTaskGroup(of: Void.self) { group in
                for executor in transport.executors {
                    group.addTask(executorPreference: executor) {
                        for index in 0..<50 {
                            let body = HTTPBody(stream: Chunks(count: index))
                            let text = try? await transport.text(.post, body: body, from: server.endpoint())
                            #expect(text == "ok")
                        }
                        let call = Task { try await transport.text(from: server.endpoint()) }
                        call.cancel()
                        _ = await call.result
                    }
                }
            }
        }
        await server.stop()
    }
}
#endif
