#if Transport
import HTTPTypes
import MeshCore
import MeshHTTP
import MeshTransport
import NIOCore
import NIOHTTP2
import NIOPosix
import Synchronization
import TestSupport
import Testing

/// The life of a connection of HTTP/2: how much it takes, how it ends, and what that means for the calls on it.
@Suite(.serialized, .oneAtATime, .timeLimit(.minutes(10))) struct HTTP2ConnectionTests {
    // MARK: Capacity

    @Test func theLimitOfThePeerIsKeptAndAnotherConnectionOpened() async throws {
        let unanswered = Mutex<[(peer: Peer, stream: Int)]>([])
        let script = FrameServer.Script(
            settings: [HTTP2Setting(parameter: .maxConcurrentStreams, value: 2)],
            step: { received, peer in
                guard let stream = received.end else { return }
                // None is answered before all are here.
                let all = unanswered.withLock { unanswered in
                    unanswered.append((peer, stream))
                    return unanswered
                }
                guard all.count == 6 else { return }
                for (peer, stream) in all { peer.later(.zero) { $0.ok(stream) } }
            }
        )
        // One loop, so that all calls meet.
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        try await withHTTP2(script, configuration: { $0.eventLoopGroup = group }) { transport, server in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<6 { group.addTask { try await expectEqual(transport.send(to: server).text(), "ok") } }
                try await group.waitForAll()
            }
            #expect(server.connectionCount == 3)
            #expect(!server.received.contains { if case .reset = $0 { true } else { false } })
        }
        try await group.shutdownGracefully()
    }

    @Test func callsWaitForAFreeStreamWhenNoMoreConnectionsAreAllowed() async throws {
        let script = FrameServer.Script(
            settings: [HTTP2Setting(parameter: .maxConcurrentStreams, value: 1)],
            step: { received, peer in
                if let stream = received.end { peer.ok(stream) }
            }
        )
        try await withHTTP2(
            script,
            configuration: {
                $0.maximumConnectionsPerEndpoint = 1; $0.waitTimeout = .seconds(20)
            }
        ) {
            transport,
            server in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<20 { group.addTask { try await expectEqual(transport.send(to: server).text(), "ok") } }
                try await group.waitForAll()
            }
            #expect(server.connectionCount == 1)
        }
    }

    @Test func anEndpointThatRefusesAnotherConnectionIsNotAskedInALoop() async throws {
        let script = FrameServer.Script(
            settings: [HTTP2Setting(parameter: .maxConcurrentStreams, value: 1)],
            step: { received, peer in
                guard let stream = received.end else { return }
                peer.later(.milliseconds(stream == 1 ? 400 : 0)) { $0.ok(stream) }
            }
        )
        let refusals = Mutex(0)
        try await withHTTP2(
            script,
            configuration: {
                $0.eventLoopGroup = MultiThreadedEventLoopGroup.singleton.next()
                $0.waitTimeout = .seconds(20)
                $0.onEvent = { if case .failed = $0 { refusals.withLock { $0 += 1 } } }
            }
        ) { transport, server in
            async let first = transport.send(to: server).text()
            try await eventually("the request is there") { server.received.contains { $0.request != nil } }
            try await server.stopListening()
            async let second = transport.send(to: server).text()
            async let third = transport.send(to: server).text()
            let texts = try await [first, second, third]
            #expect(texts == ["ok", "ok", "ok"])
            // The delays between them are drawn at random, and may be short.
            #expect((1..<30).contains(refusals.withLock { $0 }))
        }
    }

    @Test func aLimitOfZeroOpensNoOtherConnection() async throws {
        @Sendable func limit(_ count: Int) -> HTTP2Settings {
            [HTTP2Setting(parameter: .maxConcurrentStreams, value: count)]
        }
        try await withHTTP2(
            configuration: {
                $0.eventLoopGroup = MultiThreadedEventLoopGroup.singleton.next()
                $0.waitTimeout = .seconds(20)
            },
            step: { received, peer in
                guard let stream = received.end else { return }
                if stream == 1 {
                    peer.settings(limit(0))
                    peer.later(.milliseconds(200)) { $0.settings(limit(100)) }
                }
                peer.ok(stream)
            }
        ) { transport, server in
            for _ in 0..<3 { try await expectEqual(transport.send(to: server).text(), "ok") }
            #expect(server.connectionCount == 1)
        }
    }

    @Test func aRaisedLimitLetsWaitingCallsIn() async throws {
        let script = FrameServer.Script(
            settings: [HTTP2Setting(parameter: .maxConcurrentStreams, value: 1)],
            step: { received, peer in
                guard let stream = received.request else { return }
                if stream == 1 {
                    peer.later(.milliseconds(30)) {
                        $0.settings([HTTP2Setting(parameter: .maxConcurrentStreams, value: 10)])
                    }
                } else if stream == 3 {
                    peer.ok(3)
                    peer.ok(1)
                }
            }
        )
        try await withHTTP2(
            script,
            configuration: {
                $0.maximumConnectionsPerEndpoint = 1; $0.waitTimeout = .seconds(20)
            }
        ) {
            transport,
            server in
            async let first = transport.send(to: server).text()
            async let second = transport.send(to: server).text()
            try await expectEqual(first, "ok")
            try await expectEqual(second, "ok")
        }
    }

    // MARK: A peer that does not read

    /// A server that stops reading as soon as the head of an upload has come in, and does `act` with the streams of the calls
    /// before when the client has had time to fill the connection. It reads again a while later.
    private static func stalling(_ act: @escaping @Sendable ([Int], Peer) -> Void) -> FrameServer.Script {
        let streams = Mutex<[Int]>([])
        return FrameServer.Script(
            settings: [
                HTTP2Setting(parameter: .maxConcurrentStreams, value: 100),
                HTTP2Setting(parameter: .initialWindowSize, value: uploadSize),
            ],
            step: { received, peer in
                if case .settings = received { peer.send(0, .windowUpdate(windowSizeIncrement: uploadSize)) }
                if case .data(let stream, _, isLast: true) = received { peer.ok(stream, "uploaded") }
                guard let stream = received.request else { return }
                if received.path == "/late" { return peer.ok(stream) }
                guard received.path == "/upload" else { return streams.withLock { $0.append(stream) } }
                _ = peer.channel.setOption(.autoRead, value: false)
                let before = streams.withLock { $0 }
                peer.later(.milliseconds(500)) { act(before, $0) }
                peer.later(.milliseconds(1000)) { $0.channel.setOption(.autoRead, value: true).whenComplete { _ in } }
            }
        )
    }

    private static let uploadSize = 32 << 20

    private static func upload(_ transport: NativeTransport, _ server: FrameServer) async throws -> String {
        let body = HTTPBody([UInt8](repeating: 1, count: uploadSize))
        return try await transport.send(.post, "/upload", body: body, to: server).text()
    }

    @Test func whatComesInWhileNothingCanBeSentIsGivenBackOnceAndLate() async throws {
        let size = 1_000_000
        let script = Self.stalling { streams, peer in
            for stream in streams {
                peer.headers(stream, [(":status", "200")])
                peer.data(stream, String(repeating: "x", count: size), isLast: true)
            }
        }
        try await withHTTP2(
            script,
            configuration: { $0.eventLoopGroup = MultiThreadedEventLoopGroup.singleton.next() }
        ) { transport, server in
            try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<12 {
                    group.addTask { try await transport.send(.get, "/stall", to: server).text().utf8.count }
                }
                try await eventually("the requests are there") {
                    server.received.filter { $0.path == "/stall" }.count == 12
                }
                try await expectEqual(Self.upload(transport, server), "uploaded")
                for try await count in group { #expect(count == size) }
            }
            #expect(server.connectionCount == 1)
            let increments = server.received.compactMap {
                if case .windowUpdate(0, let increment) = $0 { increment } else { nil }
            }
            #expect(increments.dropFirst().reduce(0, +) <= 12 * size)
        }
    }

    /// A call that begins while nothing can be sent, and the upload that is in its way.
    private static func callBehindAnUpload(
        _ transport: NativeTransport,
        _ server: FrameServer
    ) async throws -> (late: String, upload: Swift.Result<String, any Error>) {
        let stalled = Task { try await transport.send(.get, "/stall", to: server).text() }
        try await eventually("the request is there") { server.received.contains { $0.path == "/stall" } }
        async let upload = Result { try await Self.upload(transport, server) }
        // So that the upload fills what takes it.
        try await Task.sleep(for: .milliseconds(200))
        let late = try await transport.send(.get, "/late", to: server).text()
        _ = await stalled.result
        return (late, await upload)
    }

    @Test func aStreamThatWasNotSentBeforeGoAwayIsSentOnAnotherConnection() async throws {
        let script = Self.stalling { streams, peer in
            peer.goAway(.maxID)
            peer.ok(streams[0])
        }
        try await withHTTP2(
            script,
            configuration: { $0.eventLoopGroup = MultiThreadedEventLoopGroup.singleton.next() }
        ) { transport, server in
            let (late, upload) = try await Self.callBehindAnUpload(transport, server)
            #expect(late == "ok")
            #expect(try upload.get() == "uploaded", "the others go on")
            #expect(server.received.count { $0.path == "/late" } == 1)
            #expect(server.connectionCount == 2)
        }
    }

    @Test func aStreamThatWasNotSentBeforeTheConnectionBrokeIsSentOnAnother() async throws {
        let script = Self.stalling { _, peer in peer.close() }
        try await withHTTP2(
            script,
            configuration: { $0.eventLoopGroup = MultiThreadedEventLoopGroup.singleton.next() }
        ) { transport, server in
            let (late, upload) = try await Self.callBehindAnUpload(transport, server)
            #expect(late == "ok")
            #expect(server.received.count { $0.path == "/late" } == 1)
            #expect(throws: TransportError.self) { try upload.get() }
        }
    }

    // MARK: GOAWAY and resets

    @Test func streamsBehindTheLastOneOfGoAwayAreSentOnAnotherConnection() async throws {
        try await withHTTP2(
            configuration: { $0.maximumConnectionsPerEndpoint = 1 },
            step: { received, peer in
                guard peer.index == 0 else {
                    if let stream = received.end { peer.ok(stream) }
                    return
                }
                // The first two have come in: the second one is refused, the first one goes on.
                guard received.request == 3 else { return }
                peer.goAway(1, .noError)
                peer.later(.milliseconds(50)) { $0.ok(1, "late") }
            }
        ) { transport, server in
            async let first = transport.send(.post, body: HTTPBody("a"), to: server).text()
            async let second = transport.send(.post, body: HTTPBody("b"), to: server).text()
            let results = try await [first, second]
            #expect(Set(results) == ["late", "ok"])
            #expect(server.connectionCount == 2)
            // The next call goes on with the new connection, and the old one goes.
            try await expectEqual(transport.send(to: server).text(), "ok")
            #expect(server.connectionCount == 2)
            try await eventually("the old connection is closed") { server.openConnections == 1 }
        }
    }

    @Test(arguments: [false, true]) func aGoAwayThatTakesBackAResponseBreaksIt(isInOneRead: Bool) async throws {
        try await withHTTP2(
            step: { received, peer in
                guard let stream = received.request else { return }
                peer.headers(stream, [(":status", "200")])
                if isInOneRead { peer.goAway(0) } else { peer.later(.milliseconds(50)) { $0.goAway(0) } }
            }
        ) { transport, server in
            let error = try await transportError { _ = try await transport.send(to: server).text() }
            #expect(error.kind == .responseBroken)
            #expect(error.outcome == .failure)
            #expect(server.received.count { $0.request != nil } == 1)
        }
    }

    @Test func aGoAwayWithoutCallsClosesTheConnection() async throws {
        try await withHTTP2(
            step: { received, peer in
                guard let stream = received.end else { return }
                peer.ok(stream)
                peer.goAway(.maxID)
            }
        ) { transport, server in
            try await expectEqual(transport.send(to: server).text(), "ok")
            try await eventually("the connection is closed") { server.openConnections == 0 }
            try await expectEqual(transport.send(to: server).text(), "ok")
            #expect(server.connectionCount == 2)
        }
    }

    @Test func theReasonOfAGoAwayIsTold() async throws {
        try await withHTTP2(
            step: { received, peer in
                guard received.request != nil else { return }
                peer.goAway(1, .enhanceYourCalm, "too_many_pings")
                peer.later(.milliseconds(20)) { $0.close() }
            }
        ) { transport, server in
            let error = try await transportError { _ = try await transport.send(to: server) }
            #expect(error.kind == .connectionBroken)
            #expect(error.outcome == .failure)
            #expect("\(error)".contains("GOAWAY ENHANCE_YOUR_CALM: too_many_pings"))
        }
    }

    @Test func aRefusedStreamIsTriedThreeTimesMoreAndWasNotProcessed() async throws {
        try await withHTTP2(
            step: { received, peer in
                if let stream = received.request { peer.reset(stream, .refusedStream) }
            }
        ) { transport, server in
            let error = try await transportError { _ = try await transport.send(.post, to: server) }
            #expect(error.kind == .notProcessed)
            #expect(error.outcome == Outcome(.inconclusive, retry: .neverSent))
            #expect(server.received.count { $0.request != nil } == 4)
        }
    }

    @Test func aStreamThatIsRefusedOnceSucceeds() async throws {
        try await withHTTP2(
            step: { received, peer in
                guard let stream = received.end else { return }
                if stream == 1 { peer.reset(stream, .refusedStream) } else { peer.ok(stream) }
            }
        ) { transport, server in
            let body = HTTPBody("x")
            try await expectEqual(transport.send(.post, body: body, to: server).text(), "ok")
            #expect(server.connectionCount == 1)
        }
    }

    @Test func aStreamWhoseBodyHasBegunIsNotSentAgain() async throws {
        try await withHTTP2(
            step: { received, peer in
                if case .data(let stream, _, _) = received { peer.reset(stream, .refusedStream) }
            }
        ) { transport, server in
            let body = HTTPBody(stream: Chunks(count: 3))
            let error = try await transportError { _ = try await transport.send(.post, body: body, to: server) }
            #expect(error.kind == .notProcessed)
            #expect(server.received.count { $0.request != nil } == 1)
        }
    }

    @Test func aCallThatIsGivenBackCanBeStopped() async throws {
        // Refuses the first stream and takes no more.
        let script = FrameServer.Script(
            settings: [HTTP2Setting(parameter: .maxConcurrentStreams, value: 1)],
            step: { received, peer in
                guard let stream = received.request else { return }
                peer.settings([HTTP2Setting(parameter: .maxConcurrentStreams, value: 0)])
                peer.reset(stream, .refusedStream)
            }
        )
        try await withHTTP2(
            script,
            configuration: {
                $0.maximumConnectionsPerEndpoint = 1
                $0.waitTimeout = .seconds(20)
            }
        ) { transport, server in
            let call = Task { try await transport.send(to: server).text() }
            try await eventually("the request is there") { server.received.contains { $0.request != nil } }
            try await Task.sleep(for: .milliseconds(100))
            call.cancel()
            await #expect(throws: CancellationError.self) { try await call.value }
            #expect(server.received.count { $0.request != nil } == 1)
        }
    }

    @Test(arguments: [NIOHTTP2.HTTP2ErrorCode.internalError, .cancel, .enhanceYourCalm, .noError, .http11Required])
    func aResetBeforeAResponseIsAFailure(code: NIOHTTP2.HTTP2ErrorCode) async throws {
        try await withHTTP2(
            step: { received, peer in
                if let stream = received.request { peer.reset(stream, code) }
            }
        ) { transport, server in
            let error = try await transportError { _ = try await transport.send(to: server) }
            #expect(error.kind == .connectionBroken)
            #expect(error.outcome == .failure)
            #expect("\(error)".contains("RST_STREAM"))
        }
    }

    @Test(arguments: [NIOHTTP2.HTTP2ErrorCode.internalError, .refusedStream])
    func aResetInAResponseBreaksIt(code: NIOHTTP2.HTTP2ErrorCode) async throws {
        try await withHTTP2(
            step: { received, peer in
                guard let stream = received.request else { return }
                peer.headers(stream, [(":status", "200")])
                peer.data(stream, "some")
                peer.later(.milliseconds(20)) { $0.reset(stream, code) }
            }
        ) { transport, server in
            // On a busy machine both may come in one read.
            let error = try await transportError { _ = try await transport.send(to: server).text() }
            #expect(error.kind == .responseBroken)
            #expect(error.outcome == .failure)
        }
    }

    @Test func aResetBehindACompleteResponseIsNothing() async throws {
        try await withHTTP2(
            step: { received, peer in
                guard let stream = received.request else { return }
                peer.ok(stream)
                peer.flush()
                peer.reset(stream, .noError)
            }
        ) { transport, server in
            try await expectEqual(transport.send(.post, body: HTTPBody("x"), to: server).text(), "ok")
            try await expectEqual(transport.send(.post, body: HTTPBody("x"), to: server).text(), "ok")
        }
    }

    // MARK: Loss

    @Test func aNewConnectionThatClosesIsAFailure() async throws {
        try await withHTTP2(
            step: { received, peer in
                if received.request != nil { peer.close() }
            }
        ) { transport, server in
            let error = try await transportError { _ = try await transport.send(to: server) }
            #expect(error.kind == .connectionBroken)
            #expect(error.outcome == .failure)
        }
    }

    @Test func aUsedConnectionThatClosesUnderARequestSaysNothing() async throws {
        try await withHTTP2(
            configuration: { $0.maximumConnectionsPerEndpoint = 1 },
            step: { received, peer in
                guard let stream = received.request else { return }
                if stream == 1 { peer.ok(stream) } else { peer.close() }
            }
        ) { transport, server in
            try await expectEqual(transport.send(to: server).text(), "ok")
            let error = try await transportError { _ = try await transport.send(to: server) }
            #expect(error.kind == .connectionBroken)
            #expect(error.outcome == Outcome(.inconclusive, retry: .ifIdempotent))
        }
    }

    @Test func aConnectionLostInAResponseBreaksIt() async throws {
        try await withHTTP2(
            step: { received, peer in
                guard let stream = received.request else { return }
                peer.headers(stream, [(":status", "200")])
                peer.later(.milliseconds(20)) { $0.close() }
            }
        ) { transport, server in
            // On a busy machine both may come in one read.
            let error = try await transportError { _ = try await transport.send(to: server).text() }
            #expect(error.kind == .responseBroken)
        }
    }

    // MARK: Liveness

    @Test func aPeerThatDoesNotAnswerIsGivenUp() async throws {
        var script = FrameServer.Script()
        script.isDeaf = true
        try await withHTTP2(
            script,
            configuration: {
                $0.keepAliveInterval = .milliseconds(20)
                $0.keepAliveTimeout = .milliseconds(20)
            }
        ) { transport, server in
            let error = try await transportError { _ = try await transport.send(to: server) }
            #expect(error.kind == .connectionBroken)
            #expect(error.outcome == .failure)
            #expect("\(error)".contains("PING"))
        }
    }

    @Test func aPeerThatAnswersIsWaitedFor() async throws {
        try await withHTTP2(
            configuration: {
                $0.keepAliveInterval = .milliseconds(10)
                $0.keepAliveTimeout = .seconds(20)
            },
            step: { received, peer in
                if received == .ping { peer.ok(1) }
            }
        ) { transport, server in
            try await expectEqual(transport.send(to: server).text(), "ok")
            #expect(await transport.connectionCount == 1)
        }
    }

    // MARK: The end

    @Test func anIdleConnectionSaysGoodbye() async throws {
        try await withHTTP2(
            configuration: { $0.idleTimeout = .milliseconds(40) },
            step: { received, peer in
                if let stream = received.end { peer.ok(stream) }
            }
        ) { transport, server in
            try await expectEqual(transport.send(to: server).text(), "ok")
            try await eventually("the connection is closed") { server.openConnections == 0 }
            #expect(server.received.contains(.goAway(.noError)))
            #expect(await transport.connectionCount == 0)
        }
    }

    @Test func aRetiredEndpointServesItsCallsAndCloses() async throws {
        try await withHTTP2(
            step: { received, peer in
                guard let stream = received.request else { return }
                peer.later(.milliseconds(50)) { $0.ok(stream) }
            }
        ) { transport, server in
            async let answer = transport.send(to: server).text()
            try await eventually("the request is there") { server.received.contains { $0.request != nil } }
            transport.retire(server.endpoint)
            try await expectEqual(answer, "ok")
            try await eventually("the connection is closed") { server.openConnections == 0 }
        }
    }

    @Test func aShutdownStopsEveryCall() async throws {
        try await withHTTP2(step: { _, _ in }) { transport, server in
            let calls = (0..<5).map { _ in Task { try await transport.send(to: server) } }
            try await eventually("the requests are there") { server.received.filter { $0.request != nil }.count == 5 }
            await transport.shutdown()
            for call in calls {
                await #expect(throws: CancellationSignal.Reason.shutDown) { _ = try await call.value }
            }
            try await eventually("the connections are closed") { server.openConnections == 0 }
        }
    }

    @Test func anOldConnectionTakesNoMoreCalls() async throws {
        try await withHTTP2(
            configuration: {
                $0.maximumAge = .milliseconds(50); $0.maximumConnectionsPerEndpoint = 1
            },
            step: { received, peer in
                if let stream = received.end { peer.ok(stream) }
            }
        ) { transport, server in
            try await expectEqual(transport.send(to: server).text(), "ok")
            try await Task.sleep(for: .milliseconds(60))
            try await expectEqual(transport.send(to: server).text(), "ok")
            #expect(server.connectionCount >= 2)
        }
    }

    @Test func manyCancelledCallsDoNotCostTheConnection() async throws {
        try await withHTTP2(
            configuration: { $0.maximumConnectionsPerEndpoint = 1 },
            step: { received, peer in
                guard let stream = received.request else { return }
                if received.path == "/last" { return peer.ok(stream) }
                // Answers when the call has long been cancelled.
                peer.later(.milliseconds(50)) {
                    $0.headers(stream, [(":status", "200")])
                    $0.data(stream, "late")
                }
            }
        ) { transport, server in
            let calls = (0..<90).map { _ in Task { try await transport.send(to: server) } }
            try await eventually("the requests are there") { server.received.filter { $0.request != nil }.count == 90 }
            for call in calls { call.cancel() }
            for call in calls { _ = try? await call.value }
            try await Task.sleep(for: .milliseconds(80))
            try await expectEqual(transport.send(.get, "/last", to: server).text(), "ok")
            #expect(server.connectionCount == 1)
        }
    }
}

extension Result where Failure == any Error {
    init(_ body: () async throws -> Success) async {
        do { self = .success(try await body()) } catch { self = .failure(error) }
    }
}
#endif
