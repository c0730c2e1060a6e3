#if Transport
import HTTPTypes
import NIOCore

/// Writes requests as HTTP/1.1. What it is given has been checked: see ``OutgoingRequest``.
enum RequestEncoder {
    static func writeHead(of request: OutgoingRequest, into buffer: inout ByteBuffer) {
        let length = if case .length(let length) = request.framing { String(length) } else { "" }
        // Measured first and written into one piece of memory: each write to a buffer of its own costs more than the bytes.
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: size(of: request, length: length)) { memory in
            var text = Text(in: memory)
            text.write(request.method.rawValue)
            text.write(" ")
            text.write(request.target)
            text.write(" HTTP/1.1\r\nHost: ")
            text.write(request.authority)
            for field in request.fields {
                text.write("\r\n")
                text.write(field.name.rawName)
                text.write(": ")
                // Bytes, because a value need not be UTF-8.
                field.withUnsafeBytesOfValue { text.write(UnsafeRawBufferPointer($0)) }
            }
            switch request.framing {
            case .none: break
            case .length:
                text.write("\r\nContent-Length: ")
                text.write(length)
            case .unknown: text.write("\r\nTransfer-Encoding: chunked")
            }
            if request.closesConnection { text.write("\r\nConnection: close") }
            text.write("\r\n\r\n")
            return text.count
        }
    }

    /// No less than the head takes.
    private static func size(of request: OutgoingRequest, length: String) -> Int {
        /// More than everything in a head that is always the same.
        var size = 128
        size += request.method.rawValue.utf8.count + request.target.utf8.count + request.authority.utf8.count
        for field in request.fields {
            size += field.name.rawName.utf8.count + field.withUnsafeBytesOfValue { $0.count } + 4
        }
        return size + length.utf8.count
    }

    /// Puts a piece of a body of unknown length between the marks of a chunk. Must not be empty: that would end the body.
    static func writeChunk(_ bytes: ByteBuffer, into buffer: inout ByteBuffer) {
        buffer.writeString(String(bytes.readableBytes, radix: 16))
        buffer.writeStaticString("\r\n")
        buffer.writeImmutableBuffer(bytes)
        buffer.writeStaticString("\r\n")
    }

    static func writeLastChunk(_ trailers: OutgoingTrailers?, into buffer: inout ByteBuffer) {
        guard let trailers else {
            buffer.writeStaticString("0\r\n\r\n")
            return
        }
        buffer.writeStaticString("0\r\n")
        for field in trailers.fields {
            buffer.writeString(field.name.rawName)
            buffer.writeStaticString(": ")
            field.withUnsafeBytesOfValue { _ = buffer.writeBytes($0) }
            buffer.writeStaticString("\r\n")
        }
        buffer.writeStaticString("\r\n")
    }
}

/// Text that is put together in memory that is large enough for it.
private struct Text {
    private let memory: UnsafeMutableRawBufferPointer
    private(set) var count = 0

    init(in memory: UnsafeMutableRawBufferPointer) {
        self.memory = memory
    }

    mutating func write(_ bytes: UnsafeRawBufferPointer) {
        precondition(bytes.count <= memory.count - count, "the head was measured wrong")
        UnsafeMutableRawBufferPointer(rebasing: memory[count...]).copyMemory(from: bytes)
        count += bytes.count
    }

    @inline(__always)
    mutating func write(_ text: StaticString) {
        write(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    mutating func write(_ text: String) {
        var text = text
        text.withUTF8 { write(UnsafeRawBufferPointer($0)) }
    }
}
#endif
