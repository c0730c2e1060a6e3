extension LoadReport {
    /// Reads the message in protobuf's JSON: names with underscores or in camel case, numbers also as strings, `null` for
    /// what is missing. As in Envoy, an unknown name is an error; so is one that is there twice.
    init(json bytes: [UInt8]) throws(LoadReportError) {
        var reader = JSONReader(bytes)
        var fields = LoadReportFields()
        var seen: Set<String> = []
        do {
            try reader.object { reader, written throws(DocumentError) in
                let name = Self.snakeCase(written)
                guard seen.insert(name).inserted else { throw try Self.error("a metric is there twice", in: &reader) }
                if let field = LoadReportFields.Name(rawValue: name) {
                    fields[field] = try Self.number(&reader)
                    return
                }
                switch name {
                case "rps":
                    guard let rate = UInt64(exactly: try Self.number(&reader)) else {
                        throw try Self.error("rps is not a whole number", in: &reader)
                    }
                    fields.deprecatedRate = rate
                case "utilization": fields.namedUtilization = try Self.map(&reader)
                case "named_metrics": fields.namedMetrics = try Self.map(&reader)
                case "request_cost": _ = try Self.map(&reader)
                default: throw try Self.error("an unknown metric", in: &reader)
                }
            }
            try reader.end()
        } catch {
            throw .malformed(.json, reason: error.reason)
        }
        self = try fields.report()
    }

    func json() -> String {
        let fields = LoadReportFields(self)
        var members = LoadReportFields.Name.allCases.filter { fields[$0] != 0 }.map {
            "\"\($0.rawValue)\":\(fields[$0])"
        }
        for (member, map) in [("utilization", namedUtilization), ("named_metrics", namedMetrics)] where !map.isEmpty {
            let entries = map.sorted { $0.key < $1.key }.map { "\(Self.quoted($0.key)):\($0.value)" }
            members.append("\"\(member)\":{\(entries.joined(separator: ","))}")
        }
        return "{\(members.joined(separator: ","))}"
    }

    private static func error(_ reason: String, in reader: inout JSONReader) throws(DocumentError) -> DocumentError {
        reader.error(reason, at: try reader.position())
    }

    private static func map(_ reader: inout JSONReader) throws(DocumentError) -> [String: Double] {
        if try reader.kind() == .word { return try null(&reader, or: [:]) }
        var map: [String: Double] = [:]
        try reader.object { reader, name throws(DocumentError) in
            map[name] = try number(&reader)
        }
        return map
    }

    /// A number. Those that no report may have are found out later, all in one place.
    private static func number(_ reader: inout JSONReader) throws(DocumentError) -> Double {
        let start = try reader.position()
        switch try reader.kind() {
        case .word: return try null(&reader, or: 0)
        case .number:
            let text = try reader.number()
            guard let value = LoadReportFields.decimal(text) else { throw reader.error("not a number", at: start) }
            return value
        case .string:
            switch try reader.string() {
            case "NaN": return .nan
            case "Infinity": return .infinity
            case "-Infinity": return -.infinity
            case let text:
                guard let value = LoadReportFields.decimal(text) else { throw reader.error("not a number", at: start) }
                return value
            }
        case .object, .array: throw reader.error("not a number", at: start)
        }
    }

    private static func null<Value>(_ reader: inout JSONReader, or value: Value) throws(DocumentError) -> Value {
        let start = try reader.position()
        guard try reader.word() == nil else { throw reader.error("neither a number nor null", at: start) }
        return value
    }

    /// `cpuUtilization` as `cpu_utilization`.
    private static func snakeCase(_ name: String) -> String {
        guard name.utf8.contains(where: { (0x41...0x5A).contains($0) }) else { return name }
        var bytes: [UInt8] = []
        for byte in name.utf8 {
            if (0x41...0x5A).contains(byte) {
                bytes += [0x5F, byte + 0x20]
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// A string of JSON in ASCII alone, because it goes into a header.
    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for unit in text.utf16 {
            switch unit {
            case 0x22: quoted += "\\\""
            case 0x5C: quoted += "\\\\"
            case 0x20...0x7E: quoted.unicodeScalars.append(Unicode.Scalar(UInt8(unit)))
            default:
                let digits = String(unit, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            }
        }
        return quoted + "\""
    }
}
