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

/// Connects a client and a server over TCP on this machine, exchanges one byte in each direction, and says what both saw.
func meet(
    _ client: ClientTLS,
    _ server: ServerTLS,
    expecting expected: ExpectedIdentity? = nil,
    serverName: String? = nil,
    protocols: [String] = ["h2", "http/1.1"]
) async throws -> Meeting {
    let group = MultiThreadedEventLoopGroup.singleton
    let serverSide = ServerSide()
    let listener = try await ServerBootstrap(group: group)
        .childChannelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                let handshake = try server.makeHandshake(applicationProtocols: protocols)
                try channel.pipeline.syncOperations.addHandler(handshake.handler)
                try channel.pipeline.syncOperations.addHandler(EchoHandler(handshake, serverSide))
            }
        }
        .bind(host: "127.0.0.1", port: 0).get()
    let port = UInt16(listener.localAddress!.port!)
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
                    try channel.pipeline.syncOperations.addHandler(handshake.handler)
                    try channel.pipeline.syncOperations.addHandler(AskHandler(handshake, answer))
                }
            }
            .connect(host: "127.0.0.1", port: Int(port)).get()
    } catch {
        answer.fail(error)
        try await listener.close()
        throw error
    }
    let side = try await answer.futureResult.get()
    try? await channel.close()
    try await listener.close()
    await serverSide.closed()
    return Meeting(
        client: side.result,
        server: serverSide.state.withLock { $0.result },
        atServer: serverSide.state.withLock { $0.identity },
        applicationProtocol: side.applicationProtocol,
        version: side.version
    )
}

struct ClientSide: Sendable {
    let result: Result<PeerIdentity, any Error>
    let applicationProtocol: String?
    let version: TLSVersion?
}

final class ServerSide: Sendable {
    struct State {
        var result: Result<PeerIdentity, any Error>?
        var identity: PeerIdentity?
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

/// Answers each byte, after it has found out who asks.
private final class EchoHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let handshake: ServerHandshake
    private let side: ServerSide

    init(_ handshake: ServerHandshake, _ side: ServerSide) {
        self.handshake = handshake
        self.side = side
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let channel = context.channel
        let side = side
        let bytes = unwrapInboundIn(data)
        channel.eventLoop.makeFutureWithTask { try await PeerIdentity(of: channel) }
            .whenComplete { identity in
                side.state.withLock { $0.identity = (try? identity.get()) ?? nil }
                channel.writeAndFlush(bytes, promise: nil)
            }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        side.state.withLock { $0.result = handshake.result }
        side.close()
    }
}

/// Sends a byte after the handshake, and gives what it knows when the answer or an error comes.
private final class AskHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let handshake: ClientHandshake
    private let answer: EventLoopPromise<ClientSide>
    private var applicationProtocol: String?
    private var version: TLSVersion?
    private var isDone = false

    init(_ handshake: ClientHandshake, _ answer: EventLoopPromise<ClientSide>) {
        self.handshake = handshake
        self.answer = answer
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case TLSUserEvent.handshakeCompleted(let negotiated) = event {
            applicationProtocol = negotiated
            version = handshake.handler.tlsVersion
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: [1])), promise: nil)
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        finish(handshake.result ?? .failure(NoAnswer()))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        finish(.failure(handshake.error(for: error)))
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        finish(.failure(NoAnswer()))
    }

    private func finish(_ result: Result<PeerIdentity, any Error>) {
        guard !isDone else { return }
        isDone = true
        answer.succeed(ClientSide(result: result, applicationProtocol: applicationProtocol, version: version))
    }
}

struct NoAnswer: Error {}
#endif
