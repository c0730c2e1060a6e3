#if Transport
import HTTPTypes
import NIOCore

/// Writes requests as HTTP/1.1. What it is given has been checked: see ``OutgoingRequest``.
enum RequestEncoder {
    static func writeHead(of request: OutgoingRequest, into buffer: inout ByteBuffer) {
        buffer.writeString(request.method.rawValue)
        buffer.writeStaticString(" ")
        buffer.writeString(request.target)
        buffer.writeStaticString(" HTTP/1.1\r\nHost: ")
        buffer.writeString(request.authority)
        for field in request.fields {
            buffer.writeStaticString("\r\n")
            buffer.writeString(field.name.rawName)
            buffer.writeStaticString(": ")
            // Bytes, because a value need not be UTF-8.
            _ = field.withUnsafeBytesOfValue { buffer.writeBytes($0) }
        }
        switch request.framing {
        case .none: break
        case .length(let length):
            buffer.writeStaticString("\r\nContent-Length: ")
            buffer.writeString(String(length))
        case .unknown: buffer.writeStaticString("\r\nTransfer-Encoding: chunked")
        }
        if request.closesConnection { buffer.writeStaticString("\r\nConnection: close") }
        buffer.writeStaticString("\r\n\r\n")
    }

    /// Puts a piece of a body of unknown length between the marks of a chunk. Must not be empty: that would end the body.
    static func writeChunk(_ bytes: ByteBuffer, into buffer: inout ByteBuffer) {
        buffer.writeString(String(bytes.readableBytes, radix: 16))
        buffer.writeStaticString("\r\n")
        buffer.writeImmutableBuffer(bytes)
        buffer.writeStaticString("\r\n")
    }

    static func writeLastChunk(into buffer: inout ByteBuffer) {
        buffer.writeStaticString("0\r\n\r\n")
    }
}
#endif
