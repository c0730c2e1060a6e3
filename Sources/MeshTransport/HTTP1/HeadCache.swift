#if Transport
import HTTPTypes
import NIOCore

/// The head of the last response, so that one that comes again need not be read again.
///
/// The answers of one server to one client differ in little more than the date, which changes once a second.
struct HeadCache {
    /// Longer heads are read line by line: the cache belongs to a connection, and there may be many.
    private static let longest = 1024

    struct Head {
        let response: HTTPResponse
        /// That of the response, which computes it each time.
        let status: HTTPResponse.Status
        let fields: FramingFields
    }

    /// The head as it came, its last line end included.
    private var bytes: [UInt8] = []
    private var head: Head?

    /// The head if it is what `buffer` begins with; takes it out of the buffer.
    mutating func take(from buffer: inout ByteBuffer) -> (head: Head, size: Int)? {
        guard let head, buffer.readableBytes >= bytes.count else { return nil }
        let isKnown = buffer.withUnsafeReadableBytes {
            UnsafeRawBufferPointer(rebasing: $0[..<bytes.count]).equals(bytes)
        }
        guard isKnown else { return nil }
        buffer.moveReaderIndex(forwardBy: bytes.count)
        return (head, bytes.count)
    }

    /// Remembers a final head: what stands in `buffer` between `start` and what is left to read.
    mutating func remember(_ head: Head, from start: Int, in buffer: ByteBuffer) {
        let size = buffer.readerIndex - start
        guard size <= Self.longest else { return }
        // What has been read is still there, and no other method shows it.
        bytes = buffer.withVeryUnsafeBytes { Array($0[start..<start + size]) }
        self.head = head
    }
}
#endif
