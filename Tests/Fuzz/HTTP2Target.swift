#if Transport && DNS && DEBUG
import HTTPTypes
import MeshCore
import MeshHTTP
import NIOCore
import NIOEmbedded

@testable import MeshTransport

/// What a server of HTTP/2 sends into a connection with three calls on it: whatever it is, each call ends, with a response or a
/// typed error, and nothing is left.
///
/// Unlike in HTTP/1.1 the results may depend on the pieces: part of a body that is too long has its stream reset before its end has
/// come in, and what follows on that stream is then ignored, while behind its end it breaks the connection.
struct HTTP2Target: FuzzTarget {
    private static let mutator = Mutator(corpus: corpus, tokens: tokens)

    func examine(using random: inout SplitMix64) -> Finding {
        let opening = Int.random(in: 0..<16, using: &random) == 0 ? [] : Self.frame(4) + Self.frame(4, 1)
        let input = opening + Self.mutator.input(of: 1...6, using: &random)
        let whole = HTTP2Reading(of: [input[...]])
        if let fault = whole.fault { return Finding(input, .wrong("whole: \(fault)")) }
        let inPieces = HTTP2Reading(of: input.pieces(using: &random))
        if let fault = inPieces.fault { return Finding(input, .wrong("in pieces: \(fault)")) }
        return Finding(input, whole.statuses.contains { $0 != nil } ? .accepted : .refused)
    }

    /// - Parameters:
    ///   - kind: DATA 0, HEADERS 1, PRIORITY 2, RST_STREAM 3, SETTINGS 4, PUSH_PROMISE 5, PING 6, GOAWAY 7, WINDOW_UPDATE 8,
    ///     CONTINUATION 9.
    private static func frame(_ kind: UInt8, _ flags: UInt8 = 0, _ stream: UInt8 = 0, _ payload: [UInt8] = [])
        -> [UInt8]
    {
        [0, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF), kind, flags, 0, 0, 0, stream] + payload
    }

    private static let corpus: [[UInt8]] = {
        let text = Array("hello".utf8)
        let length: [UInt8] = [0x88, 0x0F, 0x0D, 0x01, 0x35]
        var corpus: [[UInt8]] = []
        for stream in [1, 3, 5] as [UInt8] {
            corpus += [
                frame(1, 5, stream, [0x88]),
                frame(1, 4, stream, length) + frame(0, 1, stream, text),
                frame(1, 4, stream, length) + frame(0, 8, stream, [2] + text.prefix(2) + [0, 0])
                    + frame(0, 1, stream, text.suffix(3)),
                frame(1, 0, stream, [0x88]) + frame(9, 4, stream, [0x40, 0x01, 0x61, 0x01, 0x62])
                    + frame(0, 1, stream, text),
                // With trailers, and a Huffman code.
                frame(1, 4, stream, [0x88, 0x40, 0x01, 0x78, 0x82, 0x1D, 0x7F]) + frame(0, 0, stream, text)
                    + frame(1, 5, stream, [0x40, 0x01, 0x74, 0x01, 0x79]),
                // 103, then 404.
                frame(1, 4, stream, [0x08, 0x03, 0x31, 0x30, 0x33]) + frame(1, 5, stream, [0x8D]),
                frame(3, 0, stream, [0, 0, 0, 7]),
                frame(3, 0, stream, [0, 0, 0, 8]),
                frame(8, 0, stream, [0, 0, 1, 0]),
                frame(7, 0, 0, [0, 0, 0, stream, 0, 0, 0, 0]),
            ]
        }
        return corpus + [
            frame(4, 0, 0, [0, 3, 0, 0, 0, 2, 0, 4, 0, 0, 0, 1]), frame(4, 0, 0, [0, 5, 0, 0, 0x80, 0]),
            frame(4, 0, 0, [0, 1, 0, 0, 0, 0]), frame(6, 0, 0, [1, 2, 3, 4, 5, 6, 7, 8]), frame(8, 0, 0, [0, 1, 0, 0]),
            frame(2, 0, 1, [0, 0, 0, 0, 1]), frame(5, 4, 1, [0, 0, 0, 2, 0x82]),
            frame(7, 0, 0, [0, 0, 0, 0, 0, 0, 0, 0xB] + Array("too much".utf8)),
        ]
    }()

    private static let tokens: [[UInt8]] =
        corpus.map { Array($0.prefix(9)) } + corpus + [
            [0], [0xFF], [0x7F, 0xFF, 0xFF, 0xFF], [0x80], [0xBF], [0x3F, 0xE1, 0xFF, 0x03],
            [0xFF, 0xFF, 0xFF, 0xFF, 0x7F],
            frame(0xBE, 0xFF, 7, [1, 2, 3]), frame(4, 1), frame(9, 4, 1, [0x88]), Array("HTTP/1.1 200 OK\r\n\r\n".utf8),
        ]
}

/// What three calls came to on a connection that these bytes came in on, and then its end.
struct HTTP2Reading {
    enum Outcome: Sendable {
        case response(Int, bytes: Int)
        case failure(any Error)
    }

    private(set) var results: [Outcome] = []
    /// What must not be.
    private(set) var fault: String?

    /// `nil` for a call that failed.
    var statuses: [Int?] {
        results.map { if case .response(let status, _) = $0 { status } else { nil } }
    }

    init(of pieces: [ArraySlice<UInt8>]) {
        let loop = EmbeddedEventLoop()
        let turns = Turns()
        var channels: [EmbeddedChannel] = []
        let settings = TransportSettings(NativeTransport.Configuration(protocols: .http2, eventLoopGroup: loop))
        let lane = Lane(on: loop, share: Lane.Share(index: 0, count: 1), settings: settings) { pool in
            let attempt = Connector.Attempt(on: loop)
            let channel = EmbeddedChannel(loop: loop)
            channels.append(channel)
            let connection = HTTP2Connection(channel, in: pool) { result in
                switch result {
                case .success(let connection): attempt.succeed(connection)
                case .failure(let error): attempt.fail(TransportError.handshakeFailed(error, with: pool.key.address))
                }
            }
            do {
                channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 80), promise: nil)
                let handlers: [any ChannelHandler] = [WriteGatherer(), FrameHandler.make(settings), connection]
                try channel.pipeline.syncOperations.addHandlers(handlers)
            } catch {
                attempt.fail(error)
            }
            return attempt
        }
        let calls = [HTTPRequest.Method.get, .post, .head].map { method in
            turns.start { await Self.call(method, on: lane) }
        }
        func settle() {
            loop.run()
            turns.run()
            loop.run()
        }
        settle()
        for piece in pieces {
            // What a pipeline does with errors that nobody takes is not asked here.
            _ = try? channels[0].writeInbound(ByteBuffer(bytes: piece))
            settle()
        }
        // A call that was given back opens another connection, at once or after a while, which closes at once.
        var closed = 0
        for _ in 0..<50 {
            while closed < channels.count {
                channels[closed].close(promise: nil)
                closed += 1
                settle()
            }
            if lane.load == 0, lane.connectionCount == 0 { break }
            loop.advanceTime(by: .milliseconds(100))
            settle()
        }
        results = calls.compactMap(\.value)
        for case .failure(let error) in results where !(error is TransportError) {
            fault = "an untyped error: \(error)"
        }
        for case .response(let status, let count) in results where !(200...999).contains(status) || count > 1 << 16 {
            fault = "a response with the status \(status) and \(count) bytes"
        }
        if lane.load != 0 { fault = "\(lane.load) calls are left" }
        if results.count != calls.count { fault = "a call that does not end: \(results)" }
        if lane.connectionCount != 0 { fault = "\(lane.connectionCount) connections are left" }
        loop.advanceTime(by: .minutes(10))
        settle()
    }

    private static func call(_ method: HTTPRequest.Method, on lane: Lane) async -> Outcome {
        do {
            let head = HTTPRequest(method: method, scheme: nil, authority: "users", path: "/")
            let request = HTTPCallRequest(head, body: method == .post ? HTTPBody("x") : .empty)
            let exchange = Exchange(
                try OutgoingRequest(request, service: "users"),
                to: Endpoint(.host("users", port: 80)),
                on: lane,
                responseBuffer: 1 << 16
            )
            let response = try await withUnsafeThrowingContinuation { exchange.begin($0) }
            let body = try await response.body.collect(upTo: 1 << 20)
            return .response(response.head.status.code, bytes: body.count)
        } catch {
            return .failure(error)
        }
    }
}
#endif
