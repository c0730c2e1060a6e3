public import MeshCore

/// Load reports in the headers or trailers of a response, as gRPC and Envoy send and read them.
///
/// ```swift
/// let report = try LoadReportHeader.report(in: response.headerValue)
/// ```
///
/// `endpoint-load-metrics-bin` is that of gRPC (gRFC A51), which sends it as a trailer. `endpoint-load-metrics` is that of
/// Envoy (`orca_parser.cc`): `TEXT `, `JSON ` or `BIN ` says in what format the rest is.
public enum LoadReportHeader {
    /// The header of gRPC: base64 of protobuf.
    public static let binaryName = "endpoint-load-metrics-bin"
    /// The header of Envoy, in any format.
    public static let name = "endpoint-load-metrics"

    /// Reads the report of a response. As in Envoy the binary header comes first, and of either only the first value
    /// counts.
    ///
    /// - Parameter firstValue: The first value of the header or trailer of a name in lower case.
    /// - Returns: `nil` if there is none.
    /// - Throws: `LoadReportError`. The response is not to blame: ignore the report.
    public static func report(in firstValue: (String) -> String?) throws(LoadReportError) -> LoadReport? {
        if let value = firstValue(binaryName) { return try LoadReport(value, as: .binary) }
        guard let value = firstValue(name) else { return nil }
        for format in LoadReport.Format.allCases where value.hasPrefix(format.prefix) {
            return try LoadReport(value.dropFirst(format.prefix.count), as: format)
        }
        throw .unknownFormat(String(value.prefix(5).prefix { $0 != " " }))
    }

    /// The name and the value of a header that carries a report.
    ///
    /// - Parameters:
    ///   - report: What to report.
    ///   - format: `binary`, which both gRPC and Envoy read, unless said otherwise. Text is written with `=`, as ORCA's
    ///     document and vLLM have it; Envoy's parser wants `:` and does not read it.
    /// - Throws: `LoadReportError.unwritable(name:)` in text.
    public static func field(
        for report: LoadReport,
        as format: LoadReport.Format = .binary
    ) throws(LoadReportError) -> (name: String, value: String) {
        let value = try report.encoded(as: format)
        return format == .binary ? (binaryName, value) : (name, format.prefix + value)
    }
}

extension LoadReport.Format {
    fileprivate var prefix: String {
        switch self {
        case .binary: "BIN "
        case .text: "TEXT "
        case .json: "JSON "
        }
    }
}
