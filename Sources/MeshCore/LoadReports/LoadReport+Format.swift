extension LoadReport {
    /// How a report is written into a header.
    public enum Format: Hashable, Sendable, CaseIterable, CustomStringConvertible {
        /// Base64 of the protobuf message.
        case binary
        /// `cpu_utilization=0.3, named_metrics.queue=4`.
        case text
        /// `{"cpu_utilization":0.3,"named_metrics":{"queue":4}}`.
        case json

        /// `protobuf`, `text` or `JSON`.
        public var description: String {
            switch self {
            case .binary: "protobuf"
            case .text: "text"
            case .json: "JSON"
            }
        }
    }

    /// What is longer is not looked at: 16 KiB.
    public static let maximumEncodedLength = 16_384

    /// Reads a report.
    ///
    /// - Complexity: O(length). Binary allocates once for the bytes, and once more for each map that is not empty.
    /// - Throws: ``LoadReportError``.
    public init(_ encoded: some StringProtocol, as format: Format) throws(LoadReportError) {
        let length = encoded.utf8.count
        guard length <= Self.maximumEncodedLength else { throw .tooLong(bytes: length) }
        switch format {
        case .binary:
            guard length > 0 else { throw .malformed(.binary, reason: "there is nothing") }
            guard let bytes = Base64.decode(String(encoded)) else { throw .malformed(.binary, reason: "not base64") }
            try self.init(protobuf: bytes)
        case .text:
            try self.init(text: Substring(encoded))
        case .json:
            try self.init(json: Array(encoded.utf8))
        }
    }

    /// Writes the report. What is 0 is left out; maps are in the order of their names.
    ///
    /// Every format is ASCII without control characters: fit for a header. In binary a report of nothing is empty, which
    /// readers refuse: a server with nothing to report should send no header.
    ///
    /// - Throws: ``LoadReportError/unwritable(name:)`` in text for a name with a space, a comma, `=`, `:` or something that
    ///   is not visible ASCII.
    public func encoded(as format: Format) throws(LoadReportError) -> String {
        switch format {
        case .binary: Base64.encode(protobuf)
        case .text: try text()
        case .json: json()
        }
    }
}
