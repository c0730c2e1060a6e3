#if Transport
import HTTPTypes
import NIOCore

#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Android)
import Android
#endif

/// Reads HTTP/1.1 responses off a connection: bytes in, events out; no lock, no channel, no side effect.
///
/// Strict where leniency has been used to smuggle messages (RFC 9112, 11.2): a line ends in CR LF and nothing else, no
/// folded fields, no white space before a colon, no second opinion on how long the body is. What it refuses, it refuses
/// with a ``MalformedResponse`` that says why; the connection is of no use afterwards.
///
/// Fields are compared with those of the response before, line by line: servers send the same ones again and again, and
/// a line that has not changed costs a comparison, no parsing and no allocation. A head that comes a third time costs one
/// comparison in all.
struct ResponseParser {
    enum Event {
        /// A 1xx response; the final one is still to come.
        case informational(HTTPResponse)
        case head(HTTPResponse, ResponseFraming)
        /// Never empty.
        case body(ByteBuffer)
        /// The response is complete; its trailers, if it has any.
        case end(HTTPFields?)
    }

    struct Limits: Hashable {
        /// The bytes of all heads of a response (1xx and final), of the trailers, and of the lines in front of chunks as far as
        /// they are longer than a size and what they announce: status line, names, values and line ends.
        var headBytes = 64 * 1024
        /// The number of fields in a head, and in the trailers.
        var fieldCount = 256
    }

    private enum State {
        case idle
        case statusLine
        case fields
        case fixed(remaining: Int64)
        case chunkSize
        case chunk(remaining: Int64)
        case chunkEnd
        case trailers
        case untilClose
        case finished
        case failed(MalformedResponse)
    }

    private let limits: Limits
    private var state = State.idle
    private var isHead = false

    private var status = HTTPResponse.Status.ok
    private var statusCache = StatusLineCache()
    private var fields = HTTPFields()
    private var lines = FieldLineCache()
    private var heads = HeadCache()
    private var framing = FramingFields()
    /// Bytes of the head or the trailers so far.
    private var headBytes = 0
    /// How far the incomplete line was searched for its end.
    private var searched = 0
    /// Whether the connection survives the response, as far as the response says.
    private(set) var keepsAlive = false

    init(limits: Limits = Limits()) {
        self.limits = limits
    }

    /// A request was sent; what comes next is its response.
    mutating func begin(method: HTTPRequest.Method) {
        isHead = method == .head
        keepsAlive = false
        headBytes = 0
        beginHead()
    }

    /// Whether the response is read to the end of the connection.
    var endsWithConnection: Bool {
        if case .untilClose = state { true } else { false }
    }

    /// Whether no byte of the response to the current request was seen.
    var isBeforeResponse: Bool {
        switch state {
        case .idle: true
        case .statusLine: searched == 0 && headBytes == 0
        default: false
        }
    }

    /// Whether the response has ended, its last byte read.
    var isFinished: Bool {
        if case .finished = state { true } else { false }
    }

    /// How many bytes of the body are still to come; `nil` if that is not known.
    var remaining: Int64? {
        switch state {
        case .fixed(let remaining): remaining
        case .finished: 0
        default: nil
        }
    }

    /// Reads the next event; `nil` if more bytes are needed, or the response has ended.
    mutating func next(_ buffer: inout ByteBuffer) throws(MalformedResponse) -> Event? {
        do throws(MalformedResponse) {
            return try step(&buffer)
        } catch {
            state = .failed(error)
            throw error
        }
    }

    /// The peer closed the connection: the end of a response that has no other, and a failure for all others.
    mutating func nextAtEndOfStream() throws(MalformedResponse) -> Event? {
        switch state {
        case .untilClose:
            state = .finished
            return .end(nil)
        case .idle, .finished:
            return nil
        case .failed(let error):
            throw error
        default:
            state = .failed(.truncated)
            throw .truncated
        }
    }

    private mutating func step(_ buffer: inout ByteBuffer) throws(MalformedResponse) -> Event? {
        /// Where the head begins, if all of it is in `buffer`.
        var headStart: Int?
        while true {
            switch state {
            case .idle:
                guard buffer.readableBytes > 0 else { return nil }
                throw .unsolicited
            case .finished:
                return nil
            case .failed(let error):
                throw error
            case .statusLine:
                if headBytes == 0, searched == 0 {
                    if let (head, size) = heads.take(from: &buffer) {
                        headBytes = size
                        status = head.status
                        framing = head.fields
                        return try finalHead(head.response)
                    }
                    headStart = buffer.readerIndex
                }
                // What is no HTTP may have no lines either: a peer of another protocol is not waited for.
                guard buffer.withUnsafeReadableBytes(StatusLine.mayBegin(with:)) else { throw .statusLine }
                guard let length = try lineLength(in: buffer) else { return nil }
                try buffer.withUnsafeReadableBytes { bytes throws(MalformedResponse) in
                    try readStatusLine(UnsafeRawBufferPointer(rebasing: bytes[..<length]))
                }
                consumeLine(length, of: &buffer)
                state = .fields
            case .fields:
                guard let length = try lineLength(in: buffer) else { return nil }
                if length > 0 {
                    try readField(length, of: &buffer)
                } else {
                    consumeLine(0, of: &buffer)
                    return try endOfHead(from: headStart, in: buffer)
                }
            case .fixed(let remaining):
                guard buffer.readableBytes > 0 else { return nil }
                let count = Int(min(remaining, Int64(buffer.readableBytes)))
                state = remaining == Int64(count) ? .finished : .fixed(remaining: remaining - Int64(count))
                return bodyEvent(count, of: &buffer)
            case .untilClose:
                guard buffer.readableBytes > 0 else { return nil }
                return bodyEvent(buffer.readableBytes, of: &buffer)
            case .chunkSize:
                guard let length = try lineLength(in: buffer) else { return nil }
                let size = try buffer.withUnsafeReadableBytes { bytes throws(MalformedResponse) in
                    try ChunkSize.read(UnsafeRawBufferPointer(rebasing: bytes[..<length]))
                }
                consumeLine(length, of: &buffer)
                forgiveChunkLine(announcing: size)
                if size == 0 {
                    headBytes = 0
                    fields = HTTPFields()
                    state = .trailers
                } else {
                    state = .chunk(remaining: size)
                }
            case .chunk(let remaining):
                guard buffer.readableBytes > 0 else { return nil }
                let count = Int(min(remaining, Int64(buffer.readableBytes)))
                state = remaining == Int64(count) ? .chunkEnd : .chunk(remaining: remaining - Int64(count))
                return bodyEvent(count, of: &buffer)
            case .chunkEnd:
                guard try skipChunkEnd(of: &buffer) else { return nil }
                state = .chunkSize
            case .trailers:
                guard let length = try lineLength(in: buffer) else { return nil }
                if length > 0 {
                    try readField(length, of: &buffer)
                } else {
                    consumeLine(0, of: &buffer)
                    state = .finished
                    return .end(fields.isEmpty ? nil : fields)
                }
            }
        }
    }

    private func bodyEvent(_ count: Int, of buffer: inout ByteBuffer) -> Event? {
        buffer.readSlice(length: count).map(Event.body)
    }

    // MARK: Lines

    /// The length of the first line without its CR LF; `nil` if it has not come in whole.
    ///
    /// Looks no further than a line may reach, so that the verdict on a line does not depend on how it came in.
    private mutating func lineLength(in buffer: ByteBuffer) throws(MalformedResponse) -> Int? {
        let allowed = limits.headBytes - headBytes
        let from = searched
        let (newline, hasReturn, seen) = buffer.withUnsafeReadableBytes { bytes -> (Int?, Bool, Int) in
            let window = UnsafeRawBufferPointer(rebasing: bytes.prefix(max(allowed, 0)))
            let newline = window.firstIndex(of: 0x0A, from: from)
            return (newline, newline.map { $0 > 0 && window[$0 - 1] == 0x0D } ?? false, window.count)
        }
        guard let newline else {
            guard seen < allowed else { throw .headTooLarge(limits.headBytes) }
            searched = seen
            return nil
        }
        guard hasReturn else { throw .bareLineFeed }
        return newline - 1
    }

    /// - Returns: Whether the CR LF behind a chunk was there whole.
    private mutating func skipChunkEnd(of buffer: inout ByteBuffer) throws(MalformedResponse) -> Bool {
        let (isRight, count) = buffer.withUnsafeReadableBytes { bytes in
            ((bytes.first ?? 0x0D) == 0x0D && (bytes.count < 2 || bytes[1] == 0x0A), min(bytes.count, 2))
        }
        guard isRight else { throw .chunkTooLong }
        guard count == 2 else { return false }
        buffer.moveReaderIndex(forwardBy: 2)
        return true
    }

    private mutating func consumeLine(_ length: Int, of buffer: inout ByteBuffer) {
        buffer.moveReaderIndex(forwardBy: length + 2)
        headBytes += length + 2
        searched = 0
    }

    /// What stands in front of chunks is bounded as a whole, so that nobody is kept busy with extensions around next to no
    /// body; but a body may be in as many chunks as its sender likes.
    private mutating func forgiveChunkLine(announcing size: Int64) {
        // A size, its line end and the little that some senders add.
        let plain = 16
        headBytes = max(0, headBytes - plain - Int(min(size, Int64(limits.headBytes))))
    }

    // MARK: Head

    private mutating func beginHead() {
        state = .statusLine
        fields = HTTPFields()
        framing = FramingFields()
        lines.rewind()
        searched = 0
    }

    private mutating func readStatusLine(_ line: UnsafeRawBufferPointer) throws(MalformedResponse) {
        let statusLine = try statusCache.read(line)
        status = statusLine.status
        framing.version = statusLine.version
        fields.reserveCapacity(lines.count)
    }

    private mutating func readField(_ length: Int, of buffer: inout ByteBuffer) throws(MalformedResponse) {
        guard fields.count < limits.fieldCount else { throw .tooManyFields(limits.fieldCount) }
        let line = try buffer.withUnsafeReadableBytes { bytes throws(MalformedResponse) in
            try lines.next(UnsafeRawBufferPointer(rebasing: bytes[..<length]))
        }
        if case .fields = state { try framing.take(line.meaning) }
        fields.append(line.field)
        consumeLine(length, of: &buffer)
    }

    private mutating func endOfHead(
        from start: Int?,
        in buffer: ByteBuffer
    ) throws(MalformedResponse) -> Event {
        let response = HTTPResponse(status: status, headerFields: fields)
        if status.kind == .informational {
            guard status.code != 101 else { throw .upgrade }
            beginHead()
            return .informational(response)
        }
        // The second time in a row: it will come again.
        if let start, lines.areUnchanged {
            heads.remember(HeadCache.Head(response: response, status: status, fields: framing), from: start, in: buffer)
        }
        return try finalHead(response)
    }

    private mutating func finalHead(_ response: HTTPResponse) throws(MalformedResponse) -> Event {
        let (length, keepsAlive) = try framing.framing(of: status, toHead: isHead)
        self.keepsAlive = keepsAlive
        switch length {
        case .none, .length(0): state = .finished
        case .length(let count): state = .fixed(remaining: count)
        case .chunked: state = .chunkSize
        case .untilClose: state = .untilClose
        }
        headBytes = 0
        return .head(response, length)
    }
}

/// How the end of a response body is found (RFC 9112, 6.3).
enum ResponseFraming: Hashable {
    /// There is no body, whatever the fields say.
    case none
    case length(Int64)
    case chunked
    case untilClose
}

extension UnsafeRawBufferPointer {
    /// Where `byte` stands first at or behind `start`.
    @inline(__always)
    func firstIndex(of byte: UInt8, from start: Int) -> Int? {
        guard start < count, let base = baseAddress else { return nil }
        guard let found = memchr(base + start, Int32(byte), count - start) else { return nil }
        return UnsafeRawPointer(found) - base
    }
}
#endif
