/// How loaded a server says it is: what a balancer needs of `xds.data.orca.v3.OrcaLoadReport` (ORCA, gRFC A51).
///
/// ```swift
/// let report = try LoadReport(cpuUtilization: 0.6, requestsPerSecond: 120, errorsPerSecond: 2)
/// ```
///
/// A value of 0 is the same as one that was not reported, as in protobuf. Five numbers and two dictionaries, which cost
/// nothing while they are empty. What a call has cost (`request_cost`) is read and dropped.
public struct LoadReport: Hashable, Sendable {
    /// The share of the processors that is used: 0 and upwards. Above 1 where the server may use more than it asked for.
    public let cpuUtilization: Double
    /// The share of the memory that is used: 0 and upwards.
    public let memoryUtilization: Double
    /// How busy the server finds itself, whatever bounds it: 0 and upwards, above 1 beyond its soft limits. Where it is
    /// reported it comes before ``cpuUtilization``.
    public let applicationUtilization: Double
    /// Requests per second to the server as a whole.
    public let requestsPerSecond: Double
    /// Errors per second of the server as a whole.
    public let errorsPerSecond: Double
    /// Shares of resources of the application's own: 0 and upwards.
    public let namedUtilization: [String: Double]
    /// Numbers that mean something to the application alone, of either sign.
    public let namedMetrics: [String: Double]

    /// Creates a report.
    ///
    /// - Throws: ``LoadReportError`` if a number is NaN or infinite, if one is negative that is not in `namedMetrics`, or if
    ///   a name is empty.
    public init(
        cpuUtilization: Double = 0,
        memoryUtilization: Double = 0,
        applicationUtilization: Double = 0,
        requestsPerSecond: Double = 0,
        errorsPerSecond: Double = 0,
        namedUtilization: [String: Double] = [:],
        namedMetrics: [String: Double] = [:]
    ) throws(LoadReportError) {
        var fields = LoadReportFields()
        fields.cpuUtilization = cpuUtilization
        fields.memoryUtilization = memoryUtilization
        fields.applicationUtilization = applicationUtilization
        fields.requestsPerSecond = requestsPerSecond
        fields.errorsPerSecond = errorsPerSecond
        fields.namedUtilization = namedUtilization
        fields.namedMetrics = namedMetrics
        try self.init(fields)
    }

    init(_ fields: LoadReportFields) throws(LoadReportError) {
        try Self.check(fields.cpuUtilization, .cpuUtilization)
        try Self.check(fields.memoryUtilization, .memoryUtilization)
        try Self.check(fields.applicationUtilization, .applicationUtilization)
        try Self.check(fields.requestsPerSecond, .requestsPerSecond)
        try Self.check(fields.errorsPerSecond, .errorsPerSecond)
        for (name, value) in fields.namedUtilization {
            guard !name.isEmpty else { throw .emptyName }
            guard value.isFinite, value >= 0 else { throw .invalidValue(name: "utilization.\(name)", value: value) }
        }
        for (name, value) in fields.namedMetrics {
            guard !name.isEmpty else { throw .emptyName }
            guard value.isFinite else { throw .invalidValue(name: "named_metrics.\(name)", value: value) }
        }
        cpuUtilization = fields.cpuUtilization
        memoryUtilization = fields.memoryUtilization
        applicationUtilization = fields.applicationUtilization
        requestsPerSecond = fields.requestsPerSecond
        errorsPerSecond = fields.errorsPerSecond
        namedUtilization = fields.namedUtilization
        namedMetrics = fields.namedMetrics
    }

    private static func check(_ value: Double, _ name: LoadReportFields.Name) throws(LoadReportError) {
        guard value.isFinite, value >= 0 else { throw .invalidValue(name: name.rawValue, value: value) }
    }
}
