#if Transport
import MeshCore
import NIOCore
import NIOPosix

/// A server of HTTP/2 that sends recorded bytes, and closes after a number of them.
final class CutServer: Sendable {
    private let channel: any Channel

    /// - Parameters:
    ///   - opening: What it sends when a connection is there.
    ///   - answer: What it sends when a request has come in.
    ///   - length: After how many bytes of both it closes.
    static func start(opening: [UInt8], answer: [UInt8], length: Int) async throws -> CutServer {
        CutServer(
            try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let handler = Handler([opening, answer], length)
                        try channel.pipeline.syncOperations.addHandler(handler)
                    }
                }
                .bind(host: "127.0.0.1", port: 0).get()
        )
    }

    private init(_ channel: any Channel) { self.channel = channel }

    var endpoint: Endpoint { Endpoint(.ip(.v4(0x7F00_0001), port: UInt16(channel.localAddress!.port!))) }

    func close() async throws { try await channel.close() }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private var parts: ArraySlice<[UInt8]>
        private var left: Int
        private var input: [UInt8] = []
        private var hasPreface = false

        init(_ parts: [[UInt8]], _ length: Int) {
            self.parts = parts[...]
            left = length
        }

        func channelActive(context: ChannelHandlerContext) { sendPart(context) }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            input += unwrapInboundIn(data).readableBytesView
            if !hasPreface {
                guard input.count >= 24 else { return }
                input.removeFirst(24)
                hasPreface = true
            }
            while input.count >= 9 {
                let length = Int(input[0]) << 16 | Int(input[1]) << 8 | Int(input[2])
                guard input.count >= 9 + length else { return }
                let isHead = input[3] == 1
                input.removeFirst(9 + length)
                if isHead { sendPart(context) }
            }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

        private func sendPart(_ context: ChannelHandlerContext) {
            guard let part = parts.popFirst() else { return }
            let bytes = part.prefix(left)
            left -= bytes.count
            context.write(wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: nil)
            context.flush()
            if left == 0 || parts.isEmpty { context.close(promise: nil) }
        }
    }
}
#endif
