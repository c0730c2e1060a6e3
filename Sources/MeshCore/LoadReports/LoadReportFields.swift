/// The fields of a report while it is being read, before anybody has looked at the numbers.
struct LoadReportFields {
    /// The names of ORCA's fields in text and JSON.
    enum Name: String, CaseIterable {
        case cpuUtilization = "cpu_utilization"
        case memoryUtilization = "mem_utilization"
        case applicationUtilization = "application_utilization"
        case requestsPerSecond = "rps_fractional"
        case errorsPerSecond = "eps"
    }

    var cpuUtilization = 0.0
    var memoryUtilization = 0.0
    var applicationUtilization = 0.0
    var requestsPerSecond = 0.0
    var errorsPerSecond = 0.0
    var namedUtilization: [String: Double] = [:]
    var namedMetrics: [String: Double] = [:]
    /// The whole number of requests per second that servers sent before there was `rps_fractional`.
    var deprecatedRate: UInt64 = 0

    init() {}

    init(_ report: LoadReport) {
        cpuUtilization = report.cpuUtilization
        memoryUtilization = report.memoryUtilization
        applicationUtilization = report.applicationUtilization
        requestsPerSecond = report.requestsPerSecond
        errorsPerSecond = report.errorsPerSecond
        namedUtilization = report.namedUtilization
        namedMetrics = report.namedMetrics
    }

    subscript(name: Name) -> Double {
        get {
            switch name {
            case .cpuUtilization: cpuUtilization
            case .memoryUtilization: memoryUtilization
            case .applicationUtilization: applicationUtilization
            case .requestsPerSecond: requestsPerSecond
            case .errorsPerSecond: errorsPerSecond
            }
        }
        set {
            switch name {
            case .cpuUtilization: cpuUtilization = newValue
            case .memoryUtilization: memoryUtilization = newValue
            case .applicationUtilization: applicationUtilization = newValue
            case .requestsPerSecond: requestsPerSecond = newValue
            case .errorsPerSecond: errorsPerSecond = newValue
            }
        }
    }

    /// The report, with the deprecated rate in place of one that is missing.
    func report() throws(LoadReportError) -> LoadReport {
        var fields = self
        if requestsPerSecond == 0 { fields.requestsPerSecond = Double(deprecatedRate) }
        return try LoadReport(fields)
    }

    /// A number as text and JSON write it: decimal, with a point and an exponent if need be.
    static func decimal(_ text: some StringProtocol) -> Double? {
        // `Double` would read hexadecimal numbers and words, too.
        let isDecimal = text.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x2B, 0x2D, 0x2E, 0x45, 0x65: true
            default: false
            }
        }
        return isDecimal ? Double(text) : nil
    }
}
