#if DNS
import NIOCore
import Synchronization

/// The life of one socket: opened once at most, closed for certain, whoever comes first.
final class OneShotSocket: Sendable {
    private enum State {
        case unopened
        case open(any Channel)
        case cancelled
    }

    /// Kept with the reply, or with what came in its place.
    let reply: EventLoopPromise<[UInt8]>
    private let state = Mutex(State.unopened)

    init(reply: EventLoopPromise<[UInt8]>) {
        self.reply = reply
    }

    /// There is a channel: sets it up, unless it came too late. Called from the channel's initializer, before it connects.
    func opened(_ channel: any Channel, setUp: () throws -> Void) -> EventLoopFuture<Void> {
        let isWanted = state.withLock { state in
            guard case .unopened = state else { return false }
            state = .open(channel)
            return true
        }
        guard isWanted else { return channel.eventLoop.makeFailedFuture(CancellationError()) }
        return channel.eventLoop.makeCompletedFuture { try setUp() }
    }

    /// Gives up: whoever waits for the reply gets a `CancellationError`.
    func cancel() {
        let channel: (any Channel)? = state.withLock { state in
            defer { state = .cancelled }
            return if case .open(let channel) = state { channel } else { nil }
        }
        reply.futureResult.eventLoop.execute { self.reply.fail(CancellationError()) }
        channel?.close(promise: nil)
    }

    /// Closes the socket and returns once it is closed.
    func close() async {
        let channel: (any Channel)? = state.withLock { state in
            if case .open(let channel) = state { channel } else { nil }
        }
        guard let channel else { return }
        channel.close(promise: nil)
        try? await channel.closeFuture.get()
    }
}
#endif
