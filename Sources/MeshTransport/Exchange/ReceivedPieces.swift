#if Transport
import NIOCore

/// What came in of a response and was not read yet, in pieces.
///
/// Small pieces are joined: each would be an entry of its own, and keep the whole of what it was read from alive, so that a body
/// in chunks of one byte would cost many times what is counted for it.
struct ReceivedPieces {
    /// Up to here copying costs less than keeping.
    private static let smallPiece = 1024
    /// Pieces are joined up to here.
    private static let capacity = 16 * 1024

    private var pieces: CircularBuffer<ByteBuffer> = []

    var isEmpty: Bool { pieces.isEmpty }
    var count: Int { pieces.count }

    mutating func append(_ bytes: ByteBuffer) {
        let count = bytes.readableBytes
        guard count <= Self.smallPiece, let last = pieces.last?.readableBytes, last + count <= Self.capacity else {
            return pieces.append(bytes)
        }
        var joined = pieces.removeLast()
        joined.writeImmutableBuffer(bytes)
        pieces.append(joined)
    }

    mutating func popFirst() -> ByteBuffer? { pieces.popFirst() }

    mutating func removeAll() { pieces.removeAll() }
}
#endif
