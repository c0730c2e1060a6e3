#if HTTP
public import HTTPTypes
public import MeshCore

extension HTTPFields {
    /// The load report in these headers or trailers.
    ///
    /// - Returns: `nil` if there is none.
    /// - Throws: `LoadReportError`. The response is not to blame: ignore the report.
    public func loadReport() throws(LoadReportError) -> LoadReport? {
        try LoadReportHeader.report { name in HTTPField.Name(name).flatMap { self[values: $0].first } }
    }

    /// Adds a load report to the headers or trailers of a response.
    ///
    /// - Throws: `LoadReportError.unwritable(name:)` in text.
    public mutating func setLoadReport(
        _ report: LoadReport,
        as format: LoadReport.Format = .binary
    ) throws(LoadReportError) {
        let (name, value) = try LoadReportHeader.field(for: report, as: format)
        guard let name = HTTPField.Name(name) else { return }
        self[name] = value
    }
}
#endif
