/// Why a load report cannot be made, read or written. A caller ignores the report, not the response that it came with.
public enum LoadReportError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A number is NaN, infinite, or negative where it must not be.
    case invalidValue(name: String, value: Double)
    /// The text is not a number.
    case notANumber(name: String, text: String)
    /// A metric has no name.
    case emptyName
    /// A metric is there twice.
    case duplicate(name: String)
    /// There is no such metric.
    case unknown(name: String)
    /// The encoding is broken.
    case malformed(LoadReport.Format, reason: String)
    /// The header begins with none of `TEXT `, `JSON ` and `BIN `.
    case unknownFormat(String)
    /// The header is longer than ``LoadReport/maximumEncodedLength``.
    case tooLong(bytes: Int)
    /// Text cannot carry this name.
    case unwritable(name: String)

    /// A sentence for a person. What a server sent is cut and escaped.
    public var description: String {
        switch self {
        case .invalidValue(let name, let value): "the value \(value) of \(name.quoted(upTo: 64)) is not allowed"
        case .notANumber(let name, let text): "\(text.quoted(upTo: 64)) for \(name.quoted(upTo: 64)) is not a number"
        case .emptyName: "a metric has no name"
        case .duplicate(let name): "\(name.quoted(upTo: 64)) is there twice"
        case .unknown(let name): "there is no metric \(name.quoted(upTo: 64))"
        case .malformed(let format, let reason): "not a load report in \(format): \(reason.visible(upTo: 160))"
        case .unknownFormat(let prefix): "there is no format \(prefix.quoted(upTo: 64)) of load reports"
        case .tooLong(let bytes): "\(bytes) bytes are more than the \(LoadReport.maximumEncodedLength) of a load report"
        case .unwritable(let name): "text cannot carry the name \(name.quoted(upTo: 64))"
        }
    }
}
