#if Transport
import HTTPTypes

/// The first line of a response.
struct StatusLine {
    enum Version { case http10, http11 }

    let version: Version
    let status: HTTPResponse.Status

    /// Whether a status line may begin with these bytes, of which more may follow.
    static func mayBegin(with bytes: UnsafeRawBufferPointer) -> Bool {
        zip(bytes, "HTTP/".utf8).allSatisfy { $0 == $1 }
    }

    /// Reads `HTTP/1.1 200 OK`. The reason, and the space before it, may be missing.
    init(_ line: UnsafeRawBufferPointer) throws(MalformedResponse) {
        guard line.count >= 12, line[8] == 0x20 else { throw .statusLine }
        switch UnsafeRawBufferPointer(rebasing: line[..<8]) {
        case let text where text.elementsEqual("HTTP/1.1".utf8): version = .http11
        case let text where text.elementsEqual("HTTP/1.0".utf8): version = .http10
        case let text where text.starts(with: "HTTP/".utf8): throw .version
        default: throw .statusLine
        }
        var code = 0
        for index in 9..<12 {
            guard (0x30...0x39).contains(line[index]) else { throw .statusLine }
            code = code * 10 + Int(line[index] - 0x30)
        }
        guard code >= 100 else { throw .statusLine }
        guard line.count > 12 else {
            status = HTTPResponse.Status(code: code, reasonPhrase: "")
            return
        }
        guard line[12] == 0x20 else { throw .statusLine }
        let reason = UnsafeRawBufferPointer(rebasing: line[13...])
        guard reason.allSatisfy(FieldLine.isValueByte) else { throw .statusLine }
        status = HTTPResponse.Status(code: code, reasonPhrase: String(decoding: reason, as: UTF8.self))
    }
}

/// Remembers the last status line, which is nearly always the next one too.
struct StatusLineCache {
    private var bytes: [UInt8] = []
    private var last: StatusLine?

    mutating func read(_ line: UnsafeRawBufferPointer) throws(MalformedResponse) -> StatusLine {
        if let last, line.equals(bytes) { return last }
        let read = try StatusLine(line)
        bytes = Array(line)
        last = read
        return read
    }
}
#endif
