#if Transport
import HTTPTypes

/// Gathers what the fields of a head say about the end of the message, and decides (RFC 9112, 6.3 and 9.3).
struct FramingFields {
    var version = StatusLine.Version.http11
    private var length: Int64?
    private var isChunked: Bool?
    private var closes = false
    private var keepsAlive = false

    mutating func take(_ meaning: FieldLine.Meaning) throws(MalformedResponse) {
        switch meaning {
        case .nothing:
            break
        case .contentLength(let new):
            guard length == nil || length == new else { throw .contentLength }
            length = new
        case .transferEncoding(let isChunked):
            // Twice, or a coding that was not asked for: nobody can be sure where the body ends.
            guard self.isChunked == nil, isChunked else { throw .transferEncoding }
            self.isChunked = true
        case .connection(let closes, let keepsAlive):
            self.closes = self.closes || closes
            self.keepsAlive = self.keepsAlive || keepsAlive
        }
    }

    /// - Returns: How the body ends, and whether the connection survives it.
    func framing(
        of status: HTTPResponse.Status,
        toHead isHead: Bool
    ) throws(MalformedResponse) -> (ResponseFraming, keepsAlive: Bool) {
        if isChunked != nil, length != nil || version == .http10 { throw .transferEncoding }
        let persists = version == .http11 ? !closes : keepsAlive && !closes
        if isHead || status.code == 204 || status.code == 304 { return (.none, persists) }
        if isChunked != nil { return (.chunked, persists) }
        if let length { return (.length(length), persists) }
        return (.untilClose, false)
    }
}

/// The first line of a chunk (RFC 9112, 7.1).
enum ChunkSize {
    /// Reads `1a2b` or `1a2b;extension=value`; extensions are ignored, as they must be.
    static func read(_ line: UnsafeRawBufferPointer) throws(MalformedResponse) -> Int64 {
        var size: Int64 = 0
        var digits = 0
        for byte in line {
            let digit: UInt8
            switch byte {
            case 0x30...0x39: digit = byte - 0x30
            case 0x41...0x46: digit = byte - 0x41 + 10
            case 0x61...0x66: digit = byte - 0x61 + 10
            default:
                guard digits > 0, byte == 0x3B || byte == 0x20 || byte == 0x09 else { throw .chunkSize }
                try checkExtension(UnsafeRawBufferPointer(rebasing: line[digits...]))
                return size
            }
            guard digits < 15 else { throw .chunkSize }
            size = size << 4 | Int64(digit)
            digits += 1
        }
        guard digits > 0 else { throw .chunkSize }
        return size
    }

    private static func checkExtension(_ rest: UnsafeRawBufferPointer) throws(MalformedResponse) {
        guard rest.allSatisfy(FieldLine.isValueByte) else { throw .chunkSize }
        // White space stands before a semicolon, or it stands for nothing.
        guard let first = rest.first(where: { $0 != 0x20 && $0 != 0x09 }), first == 0x3B else { throw .chunkSize }
    }
}
#endif
