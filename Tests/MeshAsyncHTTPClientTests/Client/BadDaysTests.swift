#if AsyncHTTPClient
import AsyncHTTPClient
import MeshCircuitBreaking
import MeshCore
import MeshRetries
import NIOCore
import MeshTesting
import NIOHTTP1
import ServiceMesh
import TestSupport
import Testing

@testable import MeshAsyncHTTPClient

/// What goes wrong on the way to real servers, through the whole mesh.
@Suite(.takesTurns) struct BadDaysTests {
    /// One failure and the endpoint is out.
    static let strict = CircuitBreakerPolicy(
        consecutiveFailures: 1,
        successRate: nil,
        ejection: Backoff(base: .seconds(600), maximum: .seconds(600)),
        maximumEjected: 1.0
    )

    @Test("a refused connection fails over in milliseconds, and is charged to the endpoint")
    func refused() async throws {
        let gone = try await RawServer.start()
        let refusing = gone.address
        await gone.stop()
        let server = try await RawServer.start()
        try await withMesh(UsersMesh(at: [refusing, server.address], breaker: Self.strict)) { users in
            var slowest = Duration.zero
            for _ in 0..<50 where users.availability.first != .unavailable {
                let start = ContinuousClock.now
                try await users.expect("ok")
                slowest = max(slowest, ContinuousClock.now - start)
            }
            #expect(users.availability == [.unavailable, .available])
            // The connect timeout is 30 seconds; the rest is for a machine that has other things to do.
            #expect(slowest < .seconds(2))
        }
        await server.stop()
    }

    @Test("a request that cannot be sent is the caller's mistake, and is called that")
    func invalidRequest() async throws {
        try await withMesh(UsersMesh(at: ["127.0.0.1:1"], breaker: Self.strict)) { users in
            let error = await #expect(throws: MeshError.self) { try await users.get("http://users:port/") }
            #expect(error?.code == .invalidRequest)
            #expect(users.availability == [.available])
        }
    }

    @Test("a keep-alive race is retried, and not charged to the endpoint")
    func keepAliveRace() async throws {
        let server = try await RawServer.start { _, request in request == 1 ? [.send(RawServer.ok)] : [.close] }
        try await withMesh(UsersMesh(at: [server.address], breaker: Self.strict)) { users in
            for _ in 0..<6 {
                try await users.expect("ok")
                #expect(users.availability == [.available])
            }
            #expect(server.requests.count > 6)
        }
        await server.stop()
    }

    @Test("a backend that dies in the middle of a response is charged, and the reader is told")
    func diesMidResponse() async throws {
        let server = try await RawServer.start { _, _ in [.send(StoppingTests.half), .close] }
        try await withMesh(UsersMesh(at: [server.address], breaker: Self.strict)) { users in
            let response = try await users.get()
            let error = try await transportError { _ = try await response.body.collect(upTo: 100) }
            #expect(error.kind == .responseBroken)
            #expect(users.mesh.inFlight == 0)
        }
        #expect(server.requests.count == 1)
        await server.stop()
    }

    @Test("a backend that accepts and never answers is left at the deadline of the attempt")
    func neverAnswers() async throws {
        let silent = try await RawServer.start { _, _ in [] }
        let server = try await RawServer.start()
        let retries = RetryPolicy(perAttemptTimeout: .seconds(2))
        try await withMesh(
            UsersMesh(
                at: [silent.address, server.address],
                breaker: Self.strict,
                retries: retries,
                timeout: .seconds(120)
            )
        ) { users in
            for _ in 0..<50 where users.availability.first != .unavailable {
                try await users.expect("ok")
            }
            #expect(users.availability.first == .unavailable)
            try await eventually("the connection stays open") { silent.open == 0 }
        }
        await silent.stop()
        await server.stop()
    }

    @Test("a reset is failed over", arguments: [Step.reset, .close])
    func reset(how: Step) async throws {
        let broken = try await RawServer.start { _, _ in [how] }
        let server = try await RawServer.start()
        try await withMesh(UsersMesh(at: [broken.address, server.address], breaker: Self.strict)) { users in
            for _ in 0..<50 where users.availability.first != .unavailable {
                try await users.expect("ok")
            }
            #expect(users.availability.first == .unavailable)
        }
        await broken.stop()
        await server.stop()
    }

    @Test("endpoints that come and go every 10 ms under load lose no call, and leave no connection")
    func flapping() async throws {
        let servers = [try await RawServer.start(), try await RawServer.start(), try await RawServer.start()]
        let endpoints = servers.map { $0.endpoint() }
        let resolver = ScriptedResolver(EndpointSet(endpoints))
        var environment = MeshEnvironment()
        environment.resolvers.register("scripted") { _, _ in resolver }
        try await withMesh(UsersMesh(target: "scripted:///users", environment: environment)) { users in
            let end = ContinuousClock.now.advanced(by: .seconds(2))
            try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<32 {
                    group.addTask {
                        var calls = 0
                        while ContinuousClock.now < end {
                            try await users.expect("ok")
                            calls += 1
                        }
                        return calls
                    }
                }
                for turn in 0..<180 {
                    // One or two of the three.
                    resolver.yield(EndpointSet((0...turn % 2).map { endpoints[(turn + $0) % 3] }))
                    try await Task.sleep(for: .milliseconds(10))
                }
                resolver.yield([endpoints[0]])
                let calls = try await group.reduce(0, +)
                // A retry asks twice.
                #expect(servers.reduce(0) { $0 + $1.requests.count } >= calls)
            }
            try await eventually("connections to those that left stay open") {
                servers.dropFirst().allSatisfy { $0.open == 0 }
            }
        }
        for server in servers { await server.stop() }
    }

    @Test("ten thousand calls at once over sixteen connections are all answered", .offThePool)
    func crowd() async throws {
        let servers = [try await RawServer.start(), try await RawServer.start()]
        try await withMesh(UsersMesh(at: servers.map(\.address), timeout: .seconds(240))) { users in
            let answered = try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 0..<10_000 {
                    group.addTask { try await users.text(timeout: .seconds(240)) == "ok" }
                }
                return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(answered == 10_000)
        }
        for server in servers { await server.stop() }
    }

    @Test("a caller that is cancelled gets a CancellationError, and the endpoint no blame")
    func cancelled() async throws {
        let server = try await RawServer.start { _, _ in [] }
        try await withMesh(UsersMesh(at: [server.address], breaker: Self.strict)) { users in
            let calling = Task { try await users.text() }
            try await eventually("no request") { server.requests.count == 1 }
            calling.cancel()
            await #expect(throws: CancellationError.self) { try await calling.value }
            try await eventually("the connection stays open") { server.open == 0 }
            #expect(users.availability == [.available])
            #expect(users.mesh.inFlight == 0)
        }
        await server.stop()
    }

    @Test("a stream whose first attempt fails is sent again if it was recorded to its end", arguments: [5, 4])
    func replay(limit: Int) async throws {
        let server = try await RawServer.start { connection, _ in connection == 1 ? [.close] : [.send(RawServer.ok)] }
        try await withMesh(UsersMesh(at: [server.address], replayLimit: limit)) { users in
            var request = HTTPClientRequest(url: "http://users/")
            request.method = .PUT
            request.body = .stream(UploadTests.stream(["he", "llo"]), length: .known(Int64(5)))
            if limit == 5 {
                let response = try await users.client.execute(request, timeout: .seconds(30))
                let body = try await response.body.collect(upTo: 2)
                #expect(body == ByteBuffer(string: "ok"))
                #expect(server.requests.map(\.body) == ["hello", "hello"])
            } else {
                let error = try await meshError {
                    _ = try await users.client.execute(request, timeout: .seconds(30))
                }
                #expect(error.attempts.count == 1)
                #expect(server.requests.map(\.body) == ["hello"])
            }
        }
        await server.stop()
    }

    @Test("a deadline that passes while the caller does not read is not charged; one that the endpoint missed is")
    func deadlineInBody() async throws {
        for (bytes, isCharged) in [(100_000_000, false), (1, true)] {
            let server = try await RawServer.start { _, _ in
                [.send("HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n"), .flood(bytes)]
            }
            try await withMesh(UsersMesh(at: [server.address], breaker: Self.strict)) { users in
                let response = try await users.get(timeout: .seconds(2))
                // A body of AsyncHTTPClient can be iterated once.
                let reading = Task {
                    guard isCharged else { return }
                    for try await _ in response.body {}
                }
                try await eventually("the call goes on") { users.mesh.inFlight == 0 }
                #expect(users.availability == [isCharged ? .unavailable : .available])
                await #expect(throws: CancellationSignal.Reason.deadlineExceeded) {
                    try await reading.value
                    if !isCharged { for try await _ in response.body {} }
                }
            }
            await server.stop()
        }
    }
}
#endif
