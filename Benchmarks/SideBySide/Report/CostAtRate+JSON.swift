#if AsyncHTTPClient && Transport
extension CostAtRate {
    /// The same as one JSON object: `conditions`, `rate`, `results` (medians) and `missing`.
    func json() throws -> String {
        let document = Document(
            conditions: FullConditions(conditions: conditions, backend: backend, peers: peers),
            rate: rate,
            results: clients.map(result),
            missing: missing
        )
        return try document.prettyJSON()
    }

    private func result(of client: String) -> Result {
        func median(_ quantity: (Measurement) -> Double?) -> Double? { spread(of: quantity, client)?.median }
        func added(_ quantity: (Measurement) -> Double) -> Double? { self.added(quantity, by: client)?.median }
        return Result(
            client: client,
            rps: median(\.rps),
            p50Us: median(\.p50Us),
            p99Us: median(\.p99Us),
            cpuUsPerRequest: median(\.cpuUsPerRequest),
            rssMb: median(\.rssMb),
            sidecarCpuUsPerRequest: median(\.sidecarCpuUsPerRequest),
            sidecarRssMb: median(\.sidecarRssMb),
            vcpuPer1000Rps: median(\.vcpuPer1000Rps),
            mbPer1000Rps: median(\.mbPer1000Rps),
            addedP50Us: added(\.p50Us),
            addedP99Us: added(\.p99Us),
            addedVcpuPer1000Rps: added(\.vcpuPer1000Rps),
            addedMbPer1000Rps: added(\.mbPer1000Rps)
        )
    }
}

private struct Document: Encodable {
    let conditions: FullConditions
    let rate: Int
    let results: [Result]
    let missing: [Field.Missing]
}

private struct Result: Encodable {
    let client: String
    let rps: Double?
    let p50Us: Double?
    let p99Us: Double?
    let cpuUsPerRequest: Double?
    let rssMb: Double?
    let sidecarCpuUsPerRequest: Double?
    let sidecarRssMb: Double?
    let vcpuPer1000Rps: Double?
    let mbPer1000Rps: Double?
    let addedP50Us: Double?
    let addedP99Us: Double?
    let addedVcpuPer1000Rps: Double?
    let addedMbPer1000Rps: Double?
}
#endif
