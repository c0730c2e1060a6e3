#if DNS
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import MeshDNS

@Suite(.timeLimit(.minutes(10))) struct OneShotSocketTests {
    /// Lets its channel close when the gate is open.
    private final class HeldClose: ChannelOutboundHandler {
        typealias OutboundIn = Never

        private let gate: EventLoopFuture<Void>

        init(_ gate: EventLoopFuture<Void>) {
            self.gate = gate
        }

        func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
            gate.assumeIsolated().whenComplete { _ in context.close(mode: mode, promise: promise) }
        }
    }

    private final class Flag: Sendable {
        private let value = Atomic(false)

        var isSet: Bool { value.load(ordering: .acquiring) }

        func set() { value.store(true, ordering: .releasing) }
    }

    @Test func `a socket that was cancelled is waited for all the same`() async throws {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let gate = loop.makePromise(of: Void.self)
        let socket = OneShotSocket(reply: loop.makePromise())
        let channel = try await DatagramBootstrap(group: loop)
            .channelInitializer { channel in
                socket.opened(channel) {
                    try channel.pipeline.syncOperations.addHandler(HeldClose(gate.futureResult))
                }
            }
            .bind(host: "127.0.0.1", port: 0)
            .get()
        socket.cancel()
        await #expect(throws: CancellationError.self) { try await socket.reply.futureResult.get() }

        let isClosed = Flag()
        let closing = Task {
            await socket.close()
            isClosed.set()
        }
        for _ in 0..<1000 { await Task.yield() }
        #expect(!isClosed.isSet)
        gate.succeed()
        await closing.value
        #expect(!channel.isActive)
    }
}
#endif
