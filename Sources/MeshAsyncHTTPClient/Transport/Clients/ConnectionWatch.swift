#if AsyncHTTPClient
import NIOCore
import NIOSSL
import Synchronization

/// Tells a connection that broke on its first request from one that had served before.
///
/// A server may close an idle connection at the moment a request is sent on it; that says nothing about its health.
/// One that closes every new connection without an answer is broken. The errors are the same, and AsyncHTTPClient
/// does not say which connection a request was on, so the connections of an endpoint are watched: each that breaks
/// after something was sent and before anything came back is counted, and the failed exchange takes the count down.
/// (Two exchanges that fail at the same moment may swap their verdicts; the sum per endpoint stays right.)
///
/// HTTP/2 connections are not watched: a request that breaks with one counts as broken on a connection that had
/// served.
final class ConnectionWatch: Sendable {
    typealias Initializer = @Sendable (any Channel) -> EventLoopFuture<Void>

    private let failures = Atomic(0)

    /// Watches each new connection, then runs the initializer of the user.
    func initializer(before next: Initializer?) -> Initializer {
        let next = next.map(Self.closing)
        return { channel in
            let watched = channel.eventLoop.submit {
                // Behind TLS, whose handshake would look like an answer; before HTTP, which keeps its reads to itself.
                let pipeline = channel.pipeline.syncOperations
                let tls = try? pipeline.handler(type: NIOSSLClientHandler.self)
                try pipeline.addHandler(Handler(watch: self), position: tls.map { .after($0) } ?? .first)
            }
            guard let next else { return watched }
            return watched.flatMap { next(channel) }
        }
    }

    /// AsyncHTTPClient leaks the connection of an initializer that fails: close it.
    static func closing(_ initializer: @escaping Initializer) -> Initializer {
        { channel in
            initializer(channel).flatMapErrorThrowing { error in
                channel.close(promise: nil)
                throw error
            }
        }
    }

    /// Takes one failure off the count, if there is any.
    func takeFailure() -> Bool {
        var count = failures.load(ordering: .acquiring)
        while count > 0 {
            let (exchanged, original) = failures.compareExchange(
                expected: count,
                desired: count - 1,
                ordering: .acquiringAndReleasing
            )
            if exchanged { return true }
            count = original
        }
        return false
    }

    fileprivate func countFailure() {
        failures.add(1, ordering: .acquiringAndReleasing)
    }

    private final class Handler: ChannelDuplexHandler, RemovableChannelHandler {
        typealias InboundIn = NIOAny
        typealias InboundOut = NIOAny
        typealias OutboundIn = NIOAny
        typealias OutboundOut = NIOAny

        private let watch: ConnectionWatch
        private var hasSent = false
        private var isDone = false

        init(watch: ConnectionWatch) {
            self.watch = watch
        }

        func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
            hasSent = true
            context.write(data, promise: promise)
        }

        func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
            // Closed from this side: not the endpoint's doing.
            isDone = true
            context.close(mode: mode, promise: promise)
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            isDone = true
            context.fireChannelRead(data)
            context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            broke()
            context.fireErrorCaught(error)
        }

        func channelInactive(context: ChannelHandlerContext) {
            broke()
            context.fireChannelInactive()
        }

        private func broke() {
            guard hasSent, !isDone else { return }
            isDone = true
            watch.countFailure()
        }
    }
}
#endif
