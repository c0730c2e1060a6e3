#if DNS
import MeshCore
import NIOCore
public import NIOPosix

#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Android)
import Android
#endif

/// Carries queries over sockets: a fresh one for each, closed before the reply is returned.
///
/// A fresh socket has a source port chosen by the kernel, which is half of what keeps forged replies out (RFC 5452). UDP
/// sockets are connected: the kernel drops what comes from elsewhere, and reports a closed port at once. A stub resolver
/// asks seldom; what a pool of sockets would save is not worth what it would hold open.
public struct SocketExchange: DNSExchange {
    private let group: MultiThreadedEventLoopGroup

    /// Creates an exchange on an event loop group; by default the one of the process.
    public init(group: MultiThreadedEventLoopGroup = .singleton) {
        self.group = group
    }

    /// Sends `query` from a socket of its own and waits for the reply. See ``DNSExchange``.
    public func reply(
        to query: [UInt8],
        from server: DNSServer,
        over transport: DNSTransport,
        accepting isReply: @escaping @Sendable ([UInt8]) -> Bool
    ) async throws -> [UInt8] {
        let address = try SocketAddress(server)
        let loop = group.next()
        let socket = OneShotSocket(reply: loop.makePromise(of: [UInt8].self))
        return try await withTaskCancellationHandler {
            let connecting: EventLoopFuture<any Channel>
            let message: ByteBuffer
            switch transport {
            case .udp:
                message = ByteBuffer(bytes: query)
                connecting = DatagramBootstrap(group: loop)
                    .channelInitializer { channel in
                        socket.opened(channel) {
                            try channel.pipeline.syncOperations
                                .addHandler(DatagramReply(socket.reply, isReply: isReply))
                        }
                    }
                    .connect(to: address)
            case .tcp:
                message = ByteBuffer(bytes: [UInt8(query.count >> 8), UInt8(query.count & 0xFF)] + query)
                connecting = ClientBootstrap(group: loop)
                    .channelOption(.socketOption(.tcp_nodelay), value: 1)
                    // The caller's time-out is the only one.
                    .connectTimeout(.hours(1))
                    .channelInitializer { channel in
                        socket.opened(channel) {
                            try channel.pipeline.syncOperations
                                .addHandler(StreamReply(socket.reply, isReply: isReply))
                        }
                    }
                    .connect(to: address)
            }
            connecting.flatMap { $0.writeAndFlush(message) }.cascadeFailure(to: socket.reply)
            let result = await socket.reply.futureResult.result()
            await socket.close()
            // Only now, so that not even a failed connection is left behind.
            _ = await connecting.result()
            do {
                return try result.get()
            } catch {
                try Task.checkCancellation()
                throw DNSError(socketError: error)
            }
        } onCancel: {
            socket.cancel()
        }
    }
}

extension EventLoopFuture where Value: Sendable {
    /// The outcome, which is never a surprise to the compiler.
    fileprivate func result() async -> Result<Value, any Error> {
        do {
            return .success(try await get())
        } catch {
            return .failure(error)
        }
    }
}

extension DNSError {
    /// What a socket failed with, as a phrase.
    fileprivate init(socketError error: any Error) {
        switch error {
        case let error as DNSError:
            self = error
        case let error as IOError:
            self = .unreachable(String(cString: strerror(error.errnoCode)))
        case let error as NIOConnectionError:
            self =
                error.connectionErrors.first.map { DNSError(socketError: $0.error) }
                ?? .unreachable("no connection")
        default:
            self = .unreachable("\(error)")
        }
    }
}
#endif
