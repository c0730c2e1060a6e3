#if DNS
import MeshCore
import NIOCore
import NIOPosix
import Synchronization

@testable import MeshDNS

/// A name server on loopback that can be told to behave oddly: for each message the datagrams, or the octets of the
/// stream, to send back.
final class LoopbackNameServer: Sendable {
    typealias Script = @Sendable (DNSMessage) -> [[UInt8]]

    let server: DNSServer
    private let counted = CountedReceipts()
    private let channels = Mutex<[any Channel]>([])

    /// Starts a server; without TCP if there is no script for it. What `elsewhere` returns goes out from another port.
    init(udp: @escaping Script = { _ in [] }, tcp: Script? = nil, elsewhere: @escaping Script = { _ in [] })
        async throws
    {
        let group = MultiThreadedEventLoopGroup.singleton
        let count = counted
        let other = try await DatagramBootstrap(group: group).bind(host: "127.0.0.1", port: 0).get()
        let datagrams = DatagramBootstrap(group: group).channelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(
                    DatagramScript(script: udp, elsewhere: elsewhere, other: other, count: count)
                )
            }
        }
        let streams = ServerBootstrap(group: group).childChannelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(StreamScript(script: tcp ?? { _ in [] }, count: count))
            }
        }
        var opened: [any Channel] = [other]
        var port = 0
        // A port that is free for UDP may be taken for TCP: another one is tried.
        while port == 0 {
            let datagram = try await datagrams.bind(host: "127.0.0.1", port: 0).get()
            let candidate = datagram.localAddress?.port ?? 0
            if tcp != nil {
                guard let stream = try? await streams.bind(host: "127.0.0.1", port: candidate).get() else {
                    try await datagram.close()
                    continue
                }
                opened.append(stream)
            }
            opened.append(datagram)
            port = candidate
        }
        server = DNSServer(.v4(0x7F00_0001), port: UInt16(port))
        channels.withLock { [opened] in $0 = opened }
    }

    /// Messages so far.
    var messageCount: Int { counted.messages.load(ordering: .relaxed) }
    /// TCP connections that are open.
    var connectionCount: Int { counted.connections.load(ordering: .relaxed) }

    func stop() async {
        for channel in channels.withLock({ $0 }) { try? await channel.close() }
    }
}

private final class CountedReceipts: Sendable {
    let messages = Atomic(0)
    let connections = Atomic(0)
}

private final class DatagramScript: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>
    typealias OutboundOut = AddressedEnvelope<ByteBuffer>

    let script: LoopbackNameServer.Script
    let elsewhere: LoopbackNameServer.Script
    let other: any Channel
    let count: CountedReceipts

    init(
        script: @escaping LoopbackNameServer.Script,
        elsewhere: @escaping LoopbackNameServer.Script,
        other: any Channel,
        count: CountedReceipts
    ) {
        self.script = script
        self.elsewhere = elsewhere
        self.other = other
        self.count = count
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let envelope = unwrapInboundIn(data)
        guard let query = try? DNSMessage(decoding: Array(envelope.data.readableBytesView)) else { return }
        count.messages.add(1, ordering: .relaxed)
        for bytes in elsewhere(query) {
            let reply = AddressedEnvelope(remoteAddress: envelope.remoteAddress, data: ByteBuffer(bytes: bytes))
            other.writeAndFlush(reply, promise: nil)
        }
        for bytes in script(query) {
            let reply = AddressedEnvelope(remoteAddress: envelope.remoteAddress, data: ByteBuffer(bytes: bytes))
            context.writeAndFlush(wrapOutboundOut(reply), promise: nil)
        }
    }
}

private final class StreamScript: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    let script: LoopbackNameServer.Script
    let count: CountedReceipts
    var received = ByteBuffer()

    init(script: @escaping LoopbackNameServer.Script, count: CountedReceipts) {
        self.script = script
        self.count = count
    }

    func channelActive(context: ChannelHandlerContext) { count.connections.add(1, ordering: .relaxed) }
    func channelInactive(context: ChannelHandlerContext) { count.connections.subtract(1, ordering: .relaxed) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var data = unwrapInboundIn(data)
        received.writeBuffer(&data)
        guard let slice = received.readLengthPrefixedSlice(as: UInt16.self),
            let query = try? DNSMessage(decoding: Array(slice.readableBytesView))
        else { return }
        count.messages.add(1, ordering: .relaxed)
        let pieces = script(query)
        for piece in pieces { context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: piece)), promise: nil) }
        if pieces.isEmpty { context.close(promise: nil) }
    }
}
#endif
