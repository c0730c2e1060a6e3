#if Transport
import HTTPTypes
import MeshCore
import MeshHTTP
import NIOCore
import NIOHTTP2
import TestSupport
import Testing

@testable import MeshTransport

/// Frames that no server should send, byte by byte, and what each comes to.
@Suite(.serialized, .oneAtATime, .timeLimit(.minutes(10))) struct HTTP2FrameTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let bytes: @Sendable (UInt8) -> [UInt8]

        /// - Parameter bytes: What the server sends instead of an answer, given the stream of the request.
        init(_ description: String, _ bytes: @escaping @Sendable (UInt8) -> [UInt8]) {
            testDescription = description
            self.bytes = bytes
        }
    }

    // MARK: What ends the connection

    private static let broken: [Case] = [
        // Lengths (RFC 9113, 4.2 and 6).
        Case("a PING of 7 bytes") { _ in frame(.ping, 0, 0, [0, 0, 0, 0, 0, 0, 0]) },
        Case("a SETTINGS of 5 bytes") { _ in frame(.settings, 0, 0, [0, 4, 0, 0, 0]) },
        Case("a SETTINGS ACK with a payload") { _ in frame(.settings, 1, 0, [0, 4, 0, 0, 1, 0]) },
        Case("an RST_STREAM of 3 bytes") { frame(.reset, 0, $0, [0, 0, 8]) },
        Case("a WINDOW_UPDATE of 3 bytes") { _ in frame(.windowUpdate, 0, 0, [0, 0, 8]) },
        Case("a WINDOW_UPDATE of 5 bytes") { _ in frame(.windowUpdate, 0, 0, [0, 0, 0, 0, 8]) },
        Case("a GOAWAY of 7 bytes") { _ in frame(.goAway, 0, 0, [0, 0, 0, 0, 0, 0, 0]) },
        Case("a PRIORITY of a stream on itself") { frame(.priority, 0, $0, [0, 0, 0, $0, 1]) },
        Case("a PRIORITY of 4 bytes") { frame(.priority, 0, $0, [0, 0, 0, 0]) },
        Case("a frame above 16 KiB") { frame(.data, 0, $0, [UInt8](repeating: 0, count: 16_385)) },
        Case("a head above 16 KiB") { frame(.headers, 4, $0, [UInt8](repeating: 0x88, count: 16_385)) },
        // Streams (5.1, 6).
        Case("a PING on a stream") { frame(.ping, 0, $0, [0, 0, 0, 0, 0, 0, 0, 0]) },
        Case("a SETTINGS on a stream") { frame(.settings, 0, $0) },
        Case("a GOAWAY on a stream") { frame(.goAway, 0, $0, [0, 0, 0, 0, 0, 0, 0, 0]) },
        Case("a DATA on stream 0") { _ in frame(.data, 1, 0, [1]) },
        Case("a HEADERS on stream 0") { _ in frame(.headers, 5, 0, [0x88]) },
        Case("an RST_STREAM on stream 0") { _ in frame(.reset, 0, 0, [0, 0, 0, 8]) },
        Case("a PRIORITY on stream 0") { _ in frame(.priority, 0, 0, [0, 0, 0, 0, 0]) },
        Case("a HEADERS on an even stream") { _ in frame(.headers, 5, 2, [0x88]) },
        Case("a HEADERS on an idle stream") { _ in frame(.headers, 5, 99, [0x88]) },
        Case("a DATA on an idle stream") { _ in frame(.data, 1, 99, [1]) },
        Case("an RST_STREAM on an idle stream") { _ in frame(.reset, 0, 99, [0, 0, 0, 8]) },
        Case("a WINDOW_UPDATE on an idle stream") { _ in frame(.windowUpdate, 0, 99, [0, 0, 0, 8]) },
        Case("a CONTINUATION on stream 0") { frame(.headers, 0, $0, [0x88]) + frame(.continuation, 4, 0) },
        // Settings (6.5.2).
        Case("ENABLE_PUSH of 2") { _ in frame(.settings, 0, 0, [0, 2, 0, 0, 0, 2]) },
        Case("INITIAL_WINDOW_SIZE of 2^31") { _ in frame(.settings, 0, 0, [0, 4, 0x80, 0, 0, 0]) },
        Case("MAX_FRAME_SIZE of 16383") { _ in frame(.settings, 0, 0, [0, 5, 0, 0, 0x3F, 0xFF]) },
        Case("MAX_FRAME_SIZE of 2^24") { _ in frame(.settings, 0, 0, [0, 5, 1, 0, 0, 0]) },
        Case("an acknowledgement of no SETTINGS") { _ in frame(.settings, 1, 0) },
        // Windows (6.9).
        Case("an increment of 0 for the connection") { _ in frame(.windowUpdate, 0, 0, [0, 0, 0, 0]) },
        // Pushes (8.4).
        Case("a PUSH_PROMISE") { frame(.pushPromise, 4, $0, [0, 0, 0, 2, 0x82]) },
        Case("a PUSH_PROMISE on stream 0") { _ in frame(.pushPromise, 4, 0, [0, 0, 0, 2, 0x82]) },
        Case("a PUSH_PROMISE of 3 bytes") { frame(.pushPromise, 4, $0, [0, 0, 2]) },
        // Heads in pieces (6.10).
        Case("a CONTINUATION without a head") { frame(.continuation, 4, $0, [0x88]) },
        Case("a head interrupted by a PING") { stream in
            frame(.headers, 0, stream, [0x88]) + frame(.ping, 0, 0, [0, 0, 0, 0, 0, 0, 0, 0])
        },
        Case("a head interrupted by an unknown frame") { stream in
            frame(.headers, 0, stream, [0x88]) + frame(.unknown, 0, 0) + frame(.continuation, 4, stream)
        },
        Case("a CONTINUATION of another stream") { stream in
            frame(.headers, 0, stream, [0x88]) + frame(.continuation, 4, stream &+ 2)
        },
        // Padding (6.1, 6.2).
        Case("a DATA with more padding than frame") { stream in
            frame(.headers, 4, stream, [0x88]) + frame(.data, 8, stream, [3, 1, 2])
        },
        Case("a DATA with padding and no length of it") { stream in
            frame(.headers, 4, stream, [0x88]) + frame(.data, 8, stream)
        },
        Case("a HEADERS with more padding than frame") { frame(.headers, 0xC, $0, [9, 0x88]) },
        Case("a HEADERS that is too short for its priority") { frame(.headers, 0x24, $0, [0, 0, 0, 0]) },
        // Compression (RFC 7541).
        Case("the index 0") { frame(.headers, 5, $0, [0x80]) },
        Case("an index of nothing") { frame(.headers, 5, $0, [0xFF, 0xFF, 0x00]) },
        Case("an integer that does not end") { frame(.headers, 5, $0, [0xFF, 0xFF, 0xFF]) },
        Case("an integer that is too large") {
            frame(.headers, 5, $0, [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F])
        },
        Case("a string longer than the head") { frame(.headers, 5, $0, [0x88, 0x00, 0x7F, 0x61]) },
        Case("a string of bad Huffman code") {
            frame(.headers, 5, $0, [0x88, 0x00, 0x01, 0x61, 0x84, 0xFF, 0xFF, 0xFF, 0xFF])
        },
        Case("a table larger than was allowed") { frame(.headers, 5, $0, [0x3F, 0xE1, 0xFF, 0x03, 0x88]) },
        Case("a table that changes in the middle of a head") { frame(.headers, 5, $0, [0x88, 0x20]) },
        // GOAWAY (6.8).
        Case("a GOAWAY that takes back what it gave up") { stream in
            frame(.goAway, 0, 0, [0, 0, 0, stream, 0, 0, 0, 0])
                + frame(.goAway, 0, 0, [0, 0, 0, stream &+ 2, 0, 0, 0, 0])
        },
        // Floods (10.5).
        Case("a thousand PINGs and more") { _ in
            (0..<1100).flatMap { _ in frame(.ping, 0, 0, [0, 0, 0, 0, 0, 0, 0, 0]) }
        },
        Case("a hundred empty DATA and more") { stream in
            frame(.headers, 4, stream, [0x88]) + (0..<150).flatMap { _ in frame(.data, 0, stream) }
        },
    ]

    @Test(arguments: broken) func aBrokenFrameEndsTheConnection(_ wrong: Case) async throws {
        try await withHTTP2(
            step: { received, peer in
                guard let stream = received.end else { return }
                peer.bytes(wrong.bytes(UInt8(stream)))
                // What is ignored must not go unnoticed here.
                peer.later(.milliseconds(300)) { $0.ok(stream) }
            }
        ) { transport, server in
            let error = try await transportError { _ = try await transport.send(to: server).text() }
            #expect([.invalidResponse, .responseBroken].contains(error.kind), "\(error)")
            #expect(error.outcome == .failure)
            #expect(error.underlying is MalformedResponse, "\(error)")
            try await eventually("the connection is closed") { server.openConnections == 0 }
            #expect(await transport.connectionCount == 0)
            #expect(server.received.contains { if case .goAway(let code) = $0 { code != .noError } else { false } })
        }
    }

    // MARK: What ends the stream

    private static let refused: [Case] = [
        Case("a body before its head") { frame(.data, 1, $0, [1]) },
        Case("a second head without an end") { frame(.headers, 4, $0, [0x88]) + frame(.headers, 4, $0, [0x88]) },
    ]

    @Test(arguments: refused) func aBrokenStreamEndsItsCall(_ wrong: Case) async throws {
        try await withHTTP2(
            step: { received, peer in
                guard let stream = received.end else { return }
                guard received.path == "/wrong" else { return peer.ok(stream) }
                peer.bytes(wrong.bytes(UInt8(stream)))
                peer.later(.milliseconds(300)) { $0.ok(stream) }
            }
        ) { transport, server in
            let error = try await transportError { _ = try await transport.send(.get, "/wrong", to: server).text() }
            #expect(error.kind == .invalidResponse, "\(error)")
            #expect(error.underlying is MalformedResponse, "\(error)")
            try await expectEqual(transport.send(to: server).text(), "ok")
        }
    }

    // MARK: What is ignored

    private static let ignored: [Case] = [
        // As the RFC says.
        Case("an unknown frame") { frame(.unknown, 0xFF, $0, [1, 2, 3]) },
        Case("a PING ACK that nobody waits for") { _ in frame(.ping, 1, 0, [0, 0, 0, 0, 0, 0, 0, 0]) },
        Case("a PRIORITY") { frame(.priority, 0, $0, [0, 0, 0, 0, 1]) },
        Case("an ALTSVC") { _ in frame(.alternativeService, 0, 0, [0, 1, 0x61, 0x62]) },
        Case("flags that mean nothing") { _ in frame(.ping, 0xFE, 0, [0, 0, 0, 0, 0, 0, 0, 0]) },
        Case("a reserved bit in front of the stream") { _ in [0, 0, 8, 6, 0, 0x80, 0, 0, 0] + [0, 0, 0, 0, 0, 0, 0, 0]
        },
        Case("a RST_STREAM on a stream that has ended") { stream in
            stream == 1 ? [] : frame(.reset, 0, 1, [0, 0, 0, 8])
        },
        // Where the frame layer is lenient and nothing depends on it: on a stream whose request has ended nothing is sent any more,
        // and it keeps no window for that.
        Case("an increment of 0 for a stream whose request has ended") { frame(.windowUpdate, 0, $0, [0, 0, 0, 0]) },
        Case("a window above 2^31 of a stream whose request has ended") {
            frame(.windowUpdate, 0, $0, [0x7F, 0xFF, 0xFF, 0xFF])
        },
    ]

    @Test(arguments: ignored) func whatMeansNothingDoesNothing(_ odd: Case) async throws {
        try await withHTTP2(
            configuration: { $0.eventLoopGroup = $0.eventLoopGroup.next() },
            step: { received, peer in
                guard let stream = received.end else { return }
                peer.bytes(odd.bytes(UInt8(stream)))
                peer.ok(stream)
            }
        ) { transport, server in
            for _ in 0..<3 { try await expectEqual(transport.send(to: server).text(), "ok") }
            #expect(server.connectionCount == 1)
        }
    }

    private static let oddSettings: [Case] = [
        // As the RFC says.
        Case("an unknown setting") { _ in frame(.settings, 0, 0, [0xF0, 0, 0, 0, 0, 1]) },
        // Against it (RFC 9113, 6.5.2), where the frame layer is lenient: a server that claims to take pushes gets none.
        Case("ENABLE_PUSH of 1") { _ in frame(.settings, 0, 0, [0, 2, 0, 0, 0, 1]) },
    ]

    @Test(arguments: oddSettings) func settingsThatMeanNothingDoNothing(_ odd: Case) async throws {
        let opening = odd.bytes(0) + Self.frame(.settings, 1, 0)
        let answer = Self.frame(.headers, 5, 1, [0x88])
        let server = try await CutServer.start(opening: opening, answer: answer, length: .max)
        try await withTransport(.single { $0.protocols = .http2 }) { transport in
            try await expectEqual(transport.send(to: server.endpoint).statusCode, 200)
        }
        try await server.close()
    }

    // MARK: Windows of streams with a request under way

    private static let windows: [Case] = [
        Case("an increment of 0") { frame(.windowUpdate, 0, $0, [0, 0, 0, 0]) },
        Case("a window above 2^31") { stream in
            // Once it may be, for the client has used up the window.
            frame(.windowUpdate, 0, stream, [0x7F, 0xFF, 0xFF, 0xFF])
                + frame(.windowUpdate, 0, stream, [0x7F, 0xFF, 0xFF, 0xFF])
        },
        Case("an initial window that makes it too large") { stream in
            frame(.windowUpdate, 0, stream, [0x7F, 0xFE, 0, 0])
                + frame(.settings, 0, 0, [0, 4, 0x7F, 0xFF, 0xFF, 0xFF])
        },
    ]

    @Test(arguments: windows) func aBrokenWindowEndsTheCall(_ wrong: Case) async throws {
        try await withHTTP2(
            step: { received, peer in
                guard let stream = received.request else { return }
                peer.bytes(wrong.bytes(UInt8(stream)))
                peer.later(.milliseconds(300)) { $0.ok(stream) }
            }
        ) { transport, server in
            // More than a window holds.
            let body = HTTPBody([UInt8](repeating: 1, count: 1 << 20))
            let error = try await transportError { _ = try await transport.send(.post, body: body, to: server).text() }
            #expect(error.kind == .invalidResponse, "\(error)")
            #expect(error.underlying is MalformedResponse, "\(error)")
        }
    }

    @Test func aBodyBeyondTheWindowIsRefused() async throws {
        try await withHTTP2(
            step: { received, peer in
                guard let stream = received.end.map(UInt8.init) else { return }
                let part = [UInt8](repeating: 1, count: 16_384)
                peer.bytes(Self.frame(.headers, 4, stream, [0x88]))
                for _ in 0..<(2 * FrameHandler.streamWindow / part.count) {
                    peer.bytes(Self.frame(.data, 0, stream, part))
                }
            }
        ) { transport, server in
            // Nobody reads, and so nothing is given back.
            let response = try await transport.send(to: server)
            try await eventually("the connection is closed, or the stream") {
                server.openConnections == 0 || server.received.contains { if case .reset = $0 { true } else { false } }
            }
            let error = try await transportError { _ = try await response.text() }
            #expect(error.outcome == .failure)
            #expect(error.underlying is MalformedResponse, "\(error)")
        }
    }

    // MARK: The beginning

    private static let openings: [Case] = [
        Case("nothing but a PING") { _ in frame(.ping, 0, 0, [0, 0, 0, 0, 0, 0, 0, 0]) },
        Case("nothing but an acknowledgement") { _ in frame(.settings, 1, 0) },
        Case("a head") { _ in frame(.headers, 5, 1, [0x88]) },
        Case("a GOAWAY") { _ in frame(.goAway, 0, 0, [0, 0, 0, 0, 0, 0, 0, 0]) },
        Case("a GOAWAY behind its settings") { _ in
            frame(.settings, 0, 0) + frame(.settings, 1, 0) + frame(.goAway, 0, 0, [0, 0, 0, 0, 0, 0, 0, 0xB])
        },
        Case("settings of a bad length") { _ in frame(.settings, 0, 0, [1]) },
        Case("settings that are no settings") { _ in frame(.settings, 0, 0, [0, 5, 0, 0, 0, 0]) },
        Case("an alert of TLS") { _ in [0x15, 3, 3, 0, 2, 2, 40] + [UInt8](repeating: 0, count: 64) },
        Case("zeros") { _ in [UInt8](repeating: 0, count: 64) },
    ]

    @Test(arguments: openings) func aServerThatBeginsWronglyIsNotUsed(_ wrong: Case) async throws {
        let server = try await PlainServer.start { wrong.bytes(1) }
        var configuration = NativeTransport.Configuration(protocols: .http2, connectTimeout: .seconds(2))
        configuration.waitTimeout = .seconds(20)
        try await withTransport(configuration) { transport in
            let error = try await transportError { _ = try await transport.send(to: server.endpoint).text() }
            #expect(error.outcome.retry != .never, "\(error)")
            try await eventually("the connection is closed") { await transport.connectionCount == 0 }
        }
        try await server.close()
    }

    // MARK: An early end

    @Test func aConnectionThatEndsAtAnyByteEndsTheCall() async throws {
        let opening = Self.frame(.settings, 0, 0, [0, 3, 0, 0, 0, 100]) + Self.frame(.settings, 1, 0)
        let answer =
            Self.frame(.headers, 4, 1, [0x88, 0x0F, 0x0D, 0x01, 0x35]) + Self.frame(.data, 0, 1, Array("hel".utf8))
            + Self.frame(.data, 1, 1, Array("lo".utf8))
        for length in 0...(opening.count + answer.count) {
            let server = try await CutServer.start(opening: opening, answer: answer, length: length)
            let configuration = NativeTransport.Configuration.single { $0.protocols = .http2 }
            try await withTransport(configuration) { transport in
                let result = await Result { try await transport.send(to: server.endpoint).text() }
                if length == opening.count + answer.count {
                    #expect(try result.get() == "hello")
                } else {
                    #expect(throws: TransportError.self, "after \(length) bytes") { try result.get() }
                }
                try await eventually("the connection is closed") { await transport.connectionCount == 0 }
            }
            try await server.close()
        }
    }

    // MARK: Bytes

    private enum Kind: UInt8 {
        case data, headers, priority, reset, settings, pushPromise, ping, goAway, windowUpdate, continuation
        case alternativeService
        case unknown = 0xBE
    }

    private static func frame(_ kind: Kind, _ flags: UInt8, _ stream: UInt8, _ payload: [UInt8] = []) -> [UInt8] {
        let count = payload.count
        return [
            UInt8(count >> 16), UInt8(count >> 8 & 0xFF), UInt8(count & 0xFF), kind.rawValue, flags, 0, 0, 0, stream,
        ]
            + payload
    }
}
#endif
