#if AsyncHTTPClient
import AsyncHTTPClient
import MeshHTTP
import NIOCore

/// A request body ready for one attempt.
struct OutgoingBody {
    let content: HTTPClient.Body?
    /// What sends it, if it streams: has to be stopped with the exchange.
    let upload: Upload?

    /// - Throws: What says that the body cannot be sent again.
    init(_ body: RequestBody) async throws {
        switch body {
        case .none:
            (content, upload) = (nil, nil)
        case .bytes(let buffer):
            (content, upload) = (buffer.readableBytes == 0 ? nil : .byteBuffer(buffer), nil)
        case .collection(let source):
            var bytes = ByteBuffer()
            for try await chunk in source { bytes.writeImmutableBuffer(chunk) }
            (content, upload) = (bytes.readableBytes == 0 ? nil : .byteBuffer(bytes), nil)
        case .stream(let source, let length):
            let upload = Upload { try source.start() }
            (content, self.upload) = (upload.body(length: length), upload)
        case .recorded(let buffer, let length):
            let upload = Upload {
                let reader = try buffer.makeReader()
                return { try await reader.next() }
            }
            (content, self.upload) = (upload.body(length: length), upload)
        }
    }
}
#endif
