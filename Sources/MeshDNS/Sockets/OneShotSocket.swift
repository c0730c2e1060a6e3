#if DNS
import NIOCore
import Synchronization

/// The life of one socket: opened once at most, closed for certain, whoever comes first.
final class OneShotSocket: Sendable {
    private struct State {
        var channel: (any Channel)?
        var isCancelled = false
    }

    /// Kept with the reply, or with what came in its place.
    let reply: EventLoopPromise<[UInt8]>
    private let state = Mutex(State())

    init(reply: EventLoopPromise<[UInt8]>) {
        self.reply = reply
    }

    /// There is a channel: sets it up, unless it came too late. Called from the channel's initializer, before it connects.
    func opened(_ channel: any Channel, setUp: () throws -> Void) -> EventLoopFuture<Void> {
        let isWanted = state.withLock { state in
            state.channel = channel
            return !state.isCancelled
        }
        guard isWanted else { return channel.eventLoop.makeFailedFuture(CancellationError()) }
        return channel.eventLoop.makeCompletedFuture { try setUp() }
    }

    /// Gives up: whoever waits for the reply gets a `CancellationError`.
    func cancel() {
        let channel: (any Channel)? = state.withLock { state in
            state.isCancelled = true
            return state.channel
        }
        reply.futureResult.eventLoop.execute { self.reply.fail(CancellationError()) }
        channel?.close(promise: nil)
    }

    /// Closes the socket and returns once it is closed.
    func close() async {
        guard let channel = state.withLock(\.channel) else { return }
        channel.close(promise: nil)
        try? await channel.closeFuture.get()
    }
}
#endif
