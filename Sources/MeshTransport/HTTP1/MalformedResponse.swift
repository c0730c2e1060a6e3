#if Transport
/// What is wrong with a response that is not HTTP. The connection it came on is closed.
public enum MalformedResponse: Error, Hashable, Sendable, CustomStringConvertible {
    /// The first line is not a status line.
    case statusLine
    /// The version is neither HTTP/1.0 nor HTTP/1.1.
    case version
    /// A line ends in LF without CR.
    case bareLineFeed
    /// A field is continued on a second line.
    case foldedField
    /// The name of a field is empty, has an illegal byte, or no colon behind it.
    case fieldName
    /// The value of this field has an illegal byte.
    case fieldValue(String)
    /// `Content-Length` is not a number, too large, or there with two values.
    case contentLength
    /// `Transfer-Encoding` is not `chunked`, there twice, beside `Content-Length`, or in HTTP/1.0.
    case transferEncoding
    /// The size of a chunk is not a hexadecimal number below 2^60.
    case chunkSize
    /// A chunk goes on behind its size.
    case chunkTooLong
    /// The head, the trailers or the line in front of a chunk have more bytes than this. Heads of 1xx responses count too.
    case headTooLarge(Int)
    /// The head or the trailers have more fields than this.
    case tooManyFields(Int)
    /// 101: the server changed to a protocol that nobody asked for.
    case upgrade
    /// The connection ended in the middle.
    case truncated
    /// Bytes came that no request had asked for.
    case unsolicited
    /// A violation of HTTP/2, in the words of the library that found it.
    case http2(String)

    /// A phrase for a person.
    public var description: String {
        switch self {
        case .statusLine: "the first line is not a status line"
        case .version: "the version is neither HTTP/1.0 nor HTTP/1.1"
        case .bareLineFeed: "a line ends in LF without CR"
        case .foldedField: "a field is folded over two lines"
        case .fieldName: "a field has no valid name"
        case .fieldValue(let name): "the value of \(name) has an illegal byte"
        case .contentLength: "Content-Length is not one number"
        case .transferEncoding: "Transfer-Encoding is not \"chunked\", once and without Content-Length"
        case .chunkSize: "the size of a chunk is not a hexadecimal number"
        case .chunkTooLong: "a chunk is longer than its size"
        case .headTooLarge(let limit): "the head has more than \(limit) bytes"
        case .tooManyFields(let limit): "the head has more than \(limit) fields"
        case .upgrade: "the server changed the protocol unasked (101)"
        case .truncated: "the connection ended in the middle of the response"
        case .unsolicited: "bytes came that no request had asked for"
        case .http2(let reason): "a violation of HTTP/2: \(reason)"
        }
    }
}
#endif
