#if Transport
import NIOCore

/// Puts what is written between two flushes into one piece.
///
/// The frames of many streams are small: with TLS each would be a record of its own, with a header, a tag and a run of the
/// cipher, without TLS an entry in a vector. Large pieces pass as they are: they would only be copied.
final class WriteGatherer: ChannelOutboundHandler {
    typealias OutboundIn = IOData
    typealias OutboundOut = ByteBuffer

    /// What a TLS record holds.
    private static let capacity = 16 * 1024
    /// Up to here copying costs less than another write.
    private static let smallPiece = 2 * 1024

    private var gathered = ByteBuffer()
    /// What was gathered has been passed on. Its storage is used again, if the bytes have left by then.
    private var isPassed = true
    /// Kept when what was gathered has left.
    private var promise: EventLoopPromise<Void>?

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard case .byteBuffer(let bytes) = unwrapOutboundIn(data) else {
            promise?.fail(ChannelError.operationUnsupported)
            return
        }
        let isSmall = bytes.readableBytes <= Self.smallPiece
        if !isSmall || gathered.readableBytes + bytes.readableBytes > Self.capacity { pass(context) }
        guard isSmall else { return context.write(wrapOutboundOut(bytes), promise: promise) }
        if isPassed {
            isPassed = false
            gathered.clear()
        }
        gathered.writeImmutableBuffer(bytes)
        guard let promise else { return }
        if let first = self.promise { first.futureResult.cascade(to: promise) } else { self.promise = promise }
    }

    func flush(context: ChannelHandlerContext) {
        pass(context)
        context.flush()
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        pass(context)
        context.close(mode: mode, promise: promise)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        promise?.fail(ChannelError.ioOnClosedChannel)
        promise = nil
    }

    private func pass(_ context: ChannelHandlerContext) {
        guard !isPassed else { return }
        isPassed = true
        let promise = self.promise
        self.promise = nil
        context.write(wrapOutboundOut(gathered), promise: promise)
    }
}
#endif
