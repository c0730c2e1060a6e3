#if TLS
import MeshCore
import MeshTLS
import NIOCore
import NIOPosix
import NIOSSL
import NIOTLS
import Synchronization

/// What both ends of one connection saw.
struct Meeting: Sendable {
    /// Whom the client found, or the error it would give its caller.
    let client: Result<PeerIdentity, any Error>
    /// Whom the server found, or why it refused.
    let server: Result<PeerIdentity, any Error>?
    /// The identity of the client as a handler of the server reads it from the channel.
    let atServer: PeerIdentity?
    let applicationProtocol: String?
    let version: TLSVersion?
}

/// Connects a client and a server over TCP on this machine, exchanges a line in each direction, and says what both saw.
func meet(
    _ client: ClientTLS,
    _ server: ServerTLS,
    expecting expected: ExpectedIdentity? = nil,
    serverName: String? = nil,
    protocols: [String] = ["h2", "http/1.1"]
) async throws -> Meeting {
    let listener = try await Listener.start(server, protocols: protocols)
    let side: ClientSide
    do {
        side = try await ask(
            client,
            port: listener.port,
            expecting: expected,
            serverName: serverName,
            protocols: protocols
        )
    } catch {
        try await listener.stop()
        throw error
    }
    await listener.side.closed()
    try await listener.stop()
    return Meeting(
        client: side.result,
        server: listener.side.state.withLock { $0.result },
        atServer: listener.side.state.withLock { $0.identity },
        applicationProtocol: side.applicationProtocol,
        version: side.version
    )
}

/// Connects to a server on this machine, and asks it.
func ask(
    _ client: ClientTLS,
    port: UInt16,
    expecting expected: ExpectedIdentity? = nil,
    serverName: String? = nil,
    protocols: [String] = ["h2", "http/1.1"],
    message: String = "ping\n",
    pause: TimeAmount = .zero
) async throws -> ClientSide {
    let group = MultiThreadedEventLoopGroup.singleton
    let endpoint = Endpoint(.ip(.v4(0x7F00_0001), port: port), expectedIdentity: expected)
    let answer = group.next().makePromise(of: ClientSide.self)
    let channel: any Channel
    do {
        channel = try await ClientBootstrap(group: group)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let handshake = try client.makeHandshake(
                        with: endpoint,
                        serverName: serverName,
                        applicationProtocols: protocols
                    )
                    try handshake.install(on: channel)
                    try channel.pipeline.syncOperations.addHandler(AskHandler(handshake, message, after: pause, answer))
                }
            }
            .connect(host: "127.0.0.1", port: Int(port)).get()
    } catch {
        answer.fail(error)
        throw error
    }
    let side = try await answer.futureResult.get()
    try? await channel.close()
    return side
}

/// Accepts connections, and answers whoever has proved who it is.
struct Listener: Sendable {
    let channel: any Channel
    let side: ServerSide

    var port: UInt16 { UInt16(channel.localAddress!.port!) }

    /// - Parameter onAccepted: Called when the handshake of a connection has been made, and has not begun.
    static func start(
        _ server: ServerTLS,
        protocols: [String] = ["h2", "http/1.1"],
        onAccepted: @escaping @Sendable () -> Void = {}
    ) async throws -> Listener {
        try await start { channel, side in
            let handshake = try server.makeHandshake(applicationProtocols: protocols)
            onAccepted()
            try handshake.install(on: channel)
            try channel.pipeline.syncOperations.addHandler(EchoHandler(handshake, side))
        }
    }

    /// As servers do that make their handlers themselves, with one context for all connections.
    static func startShared(_ server: ServerTLS) async throws -> Listener {
        let context = try NIOSSLContext(configuration: server.makeConfiguration(applicationProtocols: ["h2"]))
        let callback = server.verificationCallback
        return try await start { channel, side in
            try channel.pipeline.syncOperations.addHandler(
                NIOSSLServerHandler(context: context, customVerificationCallback: callback)
            )
            try channel.pipeline.syncOperations.addHandler(EchoHandler(nil, side))
        }
    }

    private static func start(
        _ initialize: @escaping @Sendable (any Channel, ServerSide) throws -> Void
    ) async throws -> Listener {
        let side = ServerSide()
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    do {
                        try initialize(channel, side)
                    } catch {
                        side.close()
                        throw error
                    }
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return Listener(channel: channel, side: side)
    }

    func stop() async throws {
        try await channel.close()
    }
}

struct ClientSide: Sendable {
    let result: Result<PeerIdentity, any Error>
    let applicationProtocol: String?
    let version: TLSVersion?
    /// A line, or else all that came.
    let answer: String
}

final class ServerSide: Sendable {
    struct State {
        var result: Result<PeerIdentity, any Error>?
        var identity: PeerIdentity?
        var channel: (any Channel)?
        var served = 0
        var isClosed = false
        var waiter: CheckedContinuation<Void, Never>?
    }

    let state = Mutex(State())

    func close() {
        state.withLock { state in
            state.isClosed = true
            defer { state.waiter = nil }
            return state.waiter
        }?.resume()
    }

    func closed() async {
        await withCheckedContinuation { continuation in
            let isClosed = state.withLock { state in
                if !state.isClosed { state.waiter = continuation }
                return state.isClosed
            }
            if isClosed { continuation.resume() }
        }
    }
}

/// Answers what it reads, after it has found out who asks.
private final class EchoHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let handshake: ServerHandshake?
    private let side: ServerSide

    init(_ handshake: ServerHandshake?, _ side: ServerSide) {
        self.handshake = handshake
        self.side = side
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let channel = context.channel
        let side = side
        let bytes = unwrapInboundIn(data)
        channel.eventLoop.makeFutureWithTask { try await PeerIdentity(of: channel) }
            .whenComplete { identity in
                side.state.withLock { state in
                    state.identity = (try? identity.get()) ?? nil
                    state.channel = channel
                    state.served += 1
                }
                channel.writeAndFlush(bytes, promise: nil)
            }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        side.state.withLock { $0.result = handshake?.result }
        side.close()
    }
}

/// Sends a message after the handshake, and gives what it knows when a line in answer, an error or the end has come. HTTP
/// answers more than a line.
private final class AskHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let handshake: ClientHandshake
    private let message: String
    private let pause: TimeAmount
    private let answer: EventLoopPromise<ClientSide>
    private var received = ""
    private var applicationProtocol: String?
    private var version: TLSVersion?
    private var isDone = false

    init(
        _ handshake: ClientHandshake,
        _ message: String,
        after pause: TimeAmount,
        _ answer: EventLoopPromise<ClientSide>
    ) {
        self.handshake = handshake
        self.message = message
        self.pause = pause
        self.answer = answer
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case TLSUserEvent.handshakeCompleted(let negotiated) = event {
            applicationProtocol = negotiated
            version = try? context.pipeline.syncOperations.nioSSL_tlsVersion()
            let (channel, bytes) = (context.channel, ByteBuffer(string: message))
            context.eventLoop.scheduleTask(in: pause) { channel.writeAndFlush(bytes, promise: nil) }
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        received += String(buffer: unwrapInboundIn(data))
        if message == "ping\n", received.hasSuffix("\n") { finish(handshake.result ?? .failure(NoAnswer())) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        finish(.failure(handshake.error(for: error)))
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        finish(received.isEmpty ? .failure(NoAnswer()) : handshake.result ?? .failure(NoAnswer()))
    }

    private func finish(_ result: Result<PeerIdentity, any Error>) {
        guard !isDone else { return }
        isDone = true
        answer.succeed(
            ClientSide(
                result: result,
                applicationProtocol: applicationProtocol,
                version: version,
                answer: received
            )
        )
    }
}

struct NoAnswer: Error {}
#endif
