extension LoadReport {
    /// The numbers of the fields of `xds.data.orca.v3.OrcaLoadReport`.
    private enum Field: UInt32 {
        case cpuUtilization = 1
        case memoryUtilization = 2
        case deprecatedRate = 3
        case requestCost = 4
        case utilization = 5
        case requestsPerSecond = 6
        case errorsPerSecond = 7
        case namedMetrics = 8
        case applicationUtilization = 9
    }

    /// Reads `xds.data.orca.v3.OrcaLoadReport`.
    ///
    /// As protobuf has it: of a field or a name that is there twice the last one counts, and fields with other numbers are
    /// passed over. `rps`, which is deprecated, counts where `rps_fractional` is missing; gRPC and Envoy drop it.
    ///
    /// - Throws: ``LoadReportError``.
    init(protobuf bytes: [UInt8]) throws(LoadReportError) {
        var reader = ProtobufReader(bytes)
        var fields = LoadReportFields()
        while let (number, value) = try reader.next() {
            switch Field(rawValue: number) {
            case .cpuUtilization: fields.cpuUtilization = try value.double()
            case .memoryUtilization: fields.memoryUtilization = try value.double()
            case .deprecatedRate:
                guard case .varint(let rate) = value else {
                    throw ProtobufReader.malformed("rps is not a whole number")
                }
                fields.deprecatedRate = rate
            case .requestCost: _ = try reader.entry(value)
            case .utilization:
                let (name, share) = try reader.entry(value)
                fields.namedUtilization[name] = share
            case .requestsPerSecond: fields.requestsPerSecond = try value.double()
            case .errorsPerSecond: fields.errorsPerSecond = try value.double()
            case .namedMetrics:
                let (name, metric) = try reader.entry(value)
                fields.namedMetrics[name] = metric
            case .applicationUtilization: fields.applicationUtilization = try value.double()
            case nil: break
            }
        }
        self = try fields.report()
    }

    /// The report as `xds.data.orca.v3.OrcaLoadReport`.
    var protobuf: [UInt8] {
        var bytes: [UInt8] = []
        Self.append(cpuUtilization, as: .cpuUtilization, to: &bytes)
        Self.append(memoryUtilization, as: .memoryUtilization, to: &bytes)
        Self.append(namedUtilization, as: .utilization, to: &bytes)
        Self.append(requestsPerSecond, as: .requestsPerSecond, to: &bytes)
        Self.append(errorsPerSecond, as: .errorsPerSecond, to: &bytes)
        Self.append(namedMetrics, as: .namedMetrics, to: &bytes)
        Self.append(applicationUtilization, as: .applicationUtilization, to: &bytes)
        return bytes
    }

    private static func append(_ value: Double, as field: Field, to bytes: inout [UInt8]) {
        guard value != 0 else { return }
        bytes.append(UInt8(field.rawValue << 3 | 1))
        append(value, to: &bytes)
    }

    private static func append(_ map: [String: Double], as field: Field, to bytes: inout [UInt8]) {
        for (name, value) in map.sorted(by: { $0.key < $1.key }) {
            var entry: [UInt8] = [1 << 3 | 2]
            appendLength(name.utf8.count, to: &entry)
            entry += name.utf8
            entry.append(2 << 3 | 1)
            append(value, to: &entry)
            bytes.append(UInt8(field.rawValue << 3 | 2))
            appendLength(entry.count, to: &bytes)
            bytes += entry
        }
    }

    private static func append(_ value: Double, to bytes: inout [UInt8]) {
        for shift in stride(from: UInt64(0), to: 64, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: value.bitPattern >> shift))
        }
    }

    private static func appendLength(_ length: Int, to bytes: inout [UInt8]) {
        var rest = length
        while rest >= 0x80 {
            bytes.append(UInt8(rest & 0x7F) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}
