#if Transport
import HTTPTypes
import MeshCore
import MeshHTTP
import NIOCore
import TestSupport
import Testing

@testable import MeshTransport

@Suite("Responses over sockets", .serialized, .oneAtATime, .timeLimit(.minutes(10))) struct ResponseTests {
    @Test("calls one after the other use one connection")
    func reuse() async throws {
        let server = try await ScriptedServer.start()
        try await withTransport { transport async throws in
            for index in 0..<50 {
                try await transport.expectOK(.get, "/\(index)", from: server.endpoint())
            }
            #expect(await transport.connectionCount == 1)
        }
        let log = server.log
        #expect(log.accepted == 1)
        #expect(log.requests.map(\.line) == (0..<50).map { "GET /\($0) HTTP/1.1" })
        await server.stop()
    }

    @Test("a thousand calls at once, from many tasks, on all event loops, are all answered")
    func many() async throws {
        let server = try await ScriptedServer.start { _, _ in [.readBody, .ok] }
        try await withTransport(.test()) { transport async throws in
            let answers = await withTaskGroup(of: Int.self) { group in
                for _ in 0..<100 {
                    group.addTask {
                        var count = 0
                        for _ in 0..<20 where (try? await transport.text(from: server.endpoint())) == "ok" {
                            count += 1
                        }
                        return count
                    }
                }
                return await group.reduce(0, +)
            }
            #expect(answers == 2000)
            #expect(await transport.connectionCount <= 200)
        }
        await server.stop()
    }

    @Test("every valid response is understood", arguments: ValidResponse.all)
    func valid(_ response: ValidResponse) async throws {
        let server = try await ScriptedServer.start { _, _ in
            [.send(response.text)] + (response.keepsAlive ? [] : [.close])
        }
        try await withTransport { transport async throws in
            for _ in 0..<2 {
                let answer = try await transport.call(response.method, to: server.endpoint())
                #expect(answer.head.status.code == response.status)
                let body = try await answer.body.collect(upTo: 1000)
                #expect(String(decoding: body, as: UTF8.self) == response.body)
                #expect(answer.trailers == response.trailers)
            }
        }
        #expect(server.log.accepted == (response.keepsAlive ? 1 : 2))
        await server.stop()
    }

    @Test("every valid response is understood when it comes in two pieces", arguments: ValidResponse.all)
    func inPieces(_ response: ValidResponse) async throws {
        let bytes = Array(response.text.utf8)
        let gates = (1..<bytes.count).map { _ in Gate() }
        let server = try await ScriptedServer.start { connection, request in
            let cut = response.keepsAlive ? request : connection
            return [
                .send(String(decoding: bytes[..<cut], as: UTF8.self)), .wait(gates[cut - 1]),
                .send(String(decoding: bytes[cut...], as: UTF8.self)),
            ] + (response.keepsAlive ? [] : [.close])
        }
        // Cutting inside a character would change it.
        guard bytes.allSatisfy({ $0 < 0x80 }) else { return await server.stop() }
        try await withTransport { transport async throws in
            for index in gates.indices {
                async let answering = transport.call(response.method, to: server.endpoint())
                try await eventually("no request") { server.log.requests.count == index + 1 }
                gates[index].open()
                let answer = try await answering
                let body = try await answer.body.collect(upTo: 1000)
                #expect(String(decoding: body, as: UTF8.self) == response.body)
                #expect(answer.trailers == response.trailers)
            }
        }
        await server.stop()
    }

    @Test("what is no HTTP is a typed error and a closed connection", arguments: BadResponse.refused)
    func malformed(_ bad: BadResponse) async throws {
        let server = try await ScriptedServer.start { _, _ in [.send(bad.text)] }
        let configuration = NativeTransport.Configuration.single {
            $0.maximumHeadSize = bad.limits.headBytes
            $0.maximumFieldCount = bad.limits.fieldCount
        }
        try await withTransport(configuration) { transport async throws in
            let error = try await transportError {
                _ = try await transport.text(bad.method, from: server.endpoint())
            }
            #expect(error.kind == .invalidResponse)
            #expect(error.underlying as? MalformedResponse == bad.error)
            #expect(error.outcome == .failure)
            try await eventually("the connection stays open") { server.log.open == 0 }
            #expect(await transport.connectionCount == 0)
        }
        await server.stop()
    }

    @Test(
        "an end at any byte is an error",
        arguments: [
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        ]
    )
    func truncated(_ text: String) async throws {
        let bytes = Array(text.utf8)
        let server = try await ScriptedServer.start { connection, _ in
            [.send(String(decoding: bytes.prefix(connection - 1), as: UTF8.self)), .close]
        }
        try await withTransport { transport async throws in
            for length in bytes.indices {
                let error = try await transportError { _ = try await transport.text(from: server.endpoint()) }
                #expect(error.kind == (length == 0 ? .connectionBroken : .responseBroken), "after \(length) bytes")
                #expect(error.outcome == .failure)
            }
        }
        #expect(server.log.accepted == bytes.count)
        await server.stop()
    }

    @Test(
        "a reset is an error wherever it comes",
        arguments: ["", "HTTP/1.1 2", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe"]
    )
    func reset(_ text: String) async throws {
        let server = try await ScriptedServer.start { _, _ in [.send(text), .reset] }
        try await withTransport { transport async throws in
            let error = try await transportError { _ = try await transport.text(from: server.endpoint()) }
            #expect([.connectionBroken, .responseBroken].contains(error.kind))
            #expect(error.outcome == .failure)
            #expect(await transport.connectionCount == 0)
        }
        await server.stop()
    }

    @Test("a reset is not the end of a body that has no other")
    func resetUntilClose() async throws {
        let server = try await ScriptedServer.start { _, _ in [.send("HTTP/1.1 200 OK\r\n\r\nhe"), .reset] }
        try await withTransport { transport async throws in
            let error = try await transportError { _ = try await transport.text(from: server.endpoint()) }
            #expect([.connectionBroken, .responseBroken].contains(error.kind))
        }
        await server.stop()
    }

    @Test("a connection that breaks after it has served says nothing about the endpoint")
    func keepAliveRace() async throws {
        let server = try await ScriptedServer.start { _, request in request == 1 ? [.ok] : [.close] }
        try await withTransport { transport async throws in
            try await transport.expectOK(from: server.endpoint())
            let error = try await transportError { _ = try await transport.text(from: server.endpoint()) }
            #expect(error.kind == .connectionBroken)
            #expect(error.outcome == Outcome(.inconclusive, retry: .ifIdempotent))
            try await transport.expectOK(from: server.endpoint())
        }
        await server.stop()
    }

    @Test("a server that closes behind every answer never makes an endpoint look ill")
    func closingServer() async throws {
        let server = try await ScriptedServer.start { _, _ in [.ok, .close] }
        try await withTransport { transport async throws in
            for _ in 0..<300 {
                do {
                    try await transport.expectOK(from: server.endpoint())
                } catch let error as TransportError {
                    #expect([.connectionBroken, .notProcessed].contains(error.kind))
                    #expect(error.outcome.verdict == .inconclusive)
                }
            }
        }
        await server.stop()
    }

    @Test("bytes behind a response are never taken for the next one")
    func smuggled() async throws {
        let forged = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged"
        let gate = Gate()
        let server = try await ScriptedServer.start { connection, _ in
            switch connection {
            case 1: [.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok" + forged)]
            case 2: [.ok, .wait(gate), .send(forged)]
            default: [.ok]
            }
        }
        try await withTransport { transport async throws in
            try await transport.expectOK(from: server.endpoint())
            try await transport.expectOK(from: server.endpoint())
            #expect(server.log.accepted == 2)
            gate.open()
            try await eventually("the connection with bytes that nobody asked for stays open") { server.log.open == 0 }
            try await transport.expectOK(from: server.endpoint())
            #expect(server.log.accepted == 3)
        }
        await server.stop()
    }

    @Test("bytes before any request close the connection, or are no answer")
    func greeting() async throws {
        let server = try await ScriptedServer.start(greeting: "220 smtp.example\r\n") { _, _ in [] }
        try await withTransport { transport async throws in
            let error = try await transportError { _ = try await transport.text(from: server.endpoint()) }
            #expect([.invalidResponse, .notProcessed, .connectionBroken].contains(error.kind))
            try await eventually("the connection stays open") { server.log.open == 0 }
        }
        await server.stop()
    }

    @Test("a streamed response holds back its sender while nobody reads")
    func backPressure() async throws {
        let size = 64 << 20
        let server = try await ScriptedServer.start { _, _ in
            [.send("HTTP/1.1 200 OK\r\nContent-Length: \(size)\r\n\r\n"), .flood(size)]
        }
        try await withTransport { transport async throws in
            let response = try await transport.call(to: server.endpoint())
            var last = -1
            var still = 0
            try await eventually("the sender does not stop") {
                let flooded = server.log.flooded
                still = flooded == last ? still + 1 : 0
                last = flooded
                return still == 50
            }
            #expect(last < 24 << 20, "more than the sockets of both sides hold")
            var received = 0
            for try await chunk in response.body {
                #expect(chunk.allSatisfy { $0 == 0x78 })
                received += chunk.count
            }
            #expect(received == size)
            #expect(try await transport.text(.head, from: server.endpoint()) == "")
            #expect(server.log.accepted == 1, "the connection is kept")
        }
        await server.stop()
    }

    @Test("the smallest buffer is enough")
    func smallBuffer() async throws {
        let server = try await ScriptedServer.start { _, _ in
            [.send("HTTP/1.1 200 OK\r\nContent-Length: 3000000\r\n\r\n"), .flood(3_000_000)]
        }
        try await withTransport(.single { $0.responseBufferSize = 1 }) { transport async throws in
            let text = try await transport.text(from: server.endpoint())
            #expect(text.utf8.count == 3_000_000)
        }
        await server.stop()
    }

    @Test("a small rest that nobody reads is read over, and its connection used again")
    func droppedSmall() async throws {
        let gate = Gate()
        let server = try await ScriptedServer.start { _, request in
            request > 1
                ? [.ok] : [.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello"), .wait(gate), .send("world")]
        }
        // The next call waits for the only connection: were it closed, there would be a second one.
        try await withTransport(.single { $0.maximumConnectionsPerEndpoint = 1 }) { transport async throws in
            let response = try await transport.call(to: server.endpoint())
            response.discard()
            gate.open()
            try await transport.expectOK(from: server.endpoint())
            #expect(server.log.accepted == 1)
        }
        await server.stop()
    }

    @Test("a large rest that nobody reads closes the connection", arguments: [true, false])
    func droppedLarge(hasLength: Bool) async throws {
        let head =
            hasLength
            ? "HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n"
            : "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffff\r\n"
        let server = try await ScriptedServer.start { _, _ in [.send(head), .flood(100_000_000)] }
        try await withTransport { transport async throws in
            let response = try await transport.call(to: server.endpoint())
            response.discard()
            try await eventually("the connection stays open") { server.log.open == 0 }
            #expect(await transport.connectionCount == 0)
        }
        await server.stop()
    }

    @Test("a rest that does not come is not waited for long")
    func droppedStalled() async throws {
        let server = try await ScriptedServer.start { _, _ in
            [.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello")]
        }
        try await withTransport { transport async throws in
            let response = try await transport.call(to: server.endpoint())
            response.discard()
            try await eventually("the connection stays open") { server.log.open == 0 }
        }
        await server.stop()
    }

    @Test("a response that is let go is dropped")
    func letGo() async throws {
        let server = try await ScriptedServer.start { _, _ in
            [.send("HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n"), .flood(100_000_000)]
        }
        try await withTransport { transport async throws in
            for _ in 0..<20 { _ = try await transport.call(to: server.endpoint()) }
            try await eventually("a connection stays open") { server.log.open == 0 }
            #expect(await transport.connectionCount == 0)
        }
        await server.stop()
    }
}
#endif
