extension LoadReport {
    private static let utilizationPrefix = "utilization."
    private static let metricsPrefix = "named_metrics."
    private static let costPrefix = "request_cost."

    /// Reads pairs of a name and a number, separated by commas.
    ///
    /// Between name and number is `=`, as ORCA's document and vLLM have it, or `:`, as Envoy has it (`orca_parser.cc`). As in
    /// Envoy a name that is there twice, an unknown one and one without a number are errors.
    init(text: Substring) throws(LoadReportError) {
        var fields = LoadReportFields()
        var names: Set<Substring> = []
        for part in text.split(separator: ",") {
            let pair = Self.trimmed(part)
            guard !pair.isEmpty else { continue }
            let end = pair.firstIndex { $0 == "=" || $0 == ":" } ?? pair.endIndex
            let name = Self.trimmed(pair[..<end])
            guard !name.isEmpty else { throw .emptyName }
            guard names.insert(name).inserted else { throw .duplicate(name: String(name)) }
            let number = Self.trimmed(pair[end...].dropFirst())
            guard let value = LoadReportFields.decimal(number) else {
                throw .notANumber(name: String(name), text: String(number))
            }
            if let field = LoadReportFields.Name(rawValue: String(name)) {
                fields[field] = value
            } else if name.hasPrefix(Self.metricsPrefix) {
                fields.namedMetrics[String(name.dropFirst(Self.metricsPrefix.count))] = value
            } else if name.hasPrefix(Self.utilizationPrefix) {
                fields.namedUtilization[String(name.dropFirst(Self.utilizationPrefix.count))] = value
            } else if !name.hasPrefix(Self.costPrefix) {
                throw .unknown(name: String(name))
            }
        }
        self = try fields.report()
    }

    func text() throws(LoadReportError) -> String {
        let fields = LoadReportFields(self)
        var parts = LoadReportFields.Name.allCases.filter { fields[$0] != 0 }.map { "\($0.rawValue)=\(fields[$0])" }
        for (prefix, map) in [(Self.utilizationPrefix, namedUtilization), (Self.metricsPrefix, namedMetrics)] {
            for (name, value) in map.sorted(by: { $0.key < $1.key }) {
                guard Self.isWritable(name) else { throw .unwritable(name: name) }
                parts.append("\(prefix)\(name)=\(value)")
            }
        }
        return parts.joined(separator: ", ")
    }

    private static func isWritable(_ name: String) -> Bool {
        name.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != 0x2C && $0 != 0x3A && $0 != 0x3D }
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text.drop { $0 == " " || $0 == "\t" }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return text
    }
}
