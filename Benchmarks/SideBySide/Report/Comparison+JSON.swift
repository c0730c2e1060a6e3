#if AsyncHTTPClient && Transport
extension Comparison {
    /// The same as one JSON object: `conditions`, `results` (medians), `ratios` (to the first client), `missing`, and
    /// `promises` if they were checked.
    func json() throws -> String {
        let document = Document(
            conditions: FullConditions(conditions: conditions, backend: backend, peers: peers),
            results: levels.flatMap { level in clients.compactMap { result(of: $0, inFlight: level) } },
            ratios: levels.flatMap { level in clients.dropFirst().compactMap { ratios(of: $0, inFlight: level) } },
            missing: missing,
            promises: verdicts?.map(CheckedPromise.init)
        )
        return try document.prettyJSON()
    }

    private func result(of client: String, inFlight level: Int) -> Result? {
        guard let rps = rounds.spread(of: \.rps, client, at: level) else { return nil }
        func median(_ quantity: (Measurement) -> Double?) -> Double? {
            rounds.spread(of: quantity, client, at: level)?.median
        }
        return Result(
            client: client,
            inFlight: level,
            rps: rps.median,
            rpsMin: rps.minimum,
            rpsMax: rps.maximum,
            p50Us: median(\.p50Us),
            p99Us: median(\.p99Us),
            cpuUsPerRequest: median(\.cpuUsPerRequest),
            rssMb: median(\.rssMb),
            sidecarCpuUsPerRequest: median(\.sidecarCpuUsPerRequest),
            sidecarRssMb: median(\.sidecarRssMb)
        )
    }

    private func ratios(of client: String, inFlight level: Int) -> Ratios? {
        func ratio(_ quantity: (Measurement) -> Double) -> Spread? {
            rounds.ratio(of: quantity, client, to: clients[0], at: level)
        }
        guard let rps = ratio(\.rps), let p50 = ratio(\.p50Us), let cpu = ratio(\.cpuUsPerRequest) else { return nil }
        return Ratios(
            client: client,
            against: clients[0],
            inFlight: level,
            rps: rps.median,
            rpsMin: rps.minimum,
            rpsMax: rps.maximum,
            p50: p50.median,
            p50Min: p50.minimum,
            p50Max: p50.maximum,
            cpu: cpu.median
        )
    }
}

private struct Document: Encodable {
    let conditions: FullConditions
    let results: [Result]
    let ratios: [Ratios]
    let missing: [Field.Missing]
    let promises: [CheckedPromise]?
}

private struct Result: Encodable {
    let client: String
    let inFlight: Int
    let rps: Double
    let rpsMin: Double
    let rpsMax: Double
    let p50Us: Double?
    let p99Us: Double?
    let cpuUsPerRequest: Double?
    let rssMb: Double?
    let sidecarCpuUsPerRequest: Double?
    let sidecarRssMb: Double?
}

private struct Ratios: Encodable {
    let client: String
    let against: String
    let inFlight: Int
    let rps: Double
    let rpsMin: Double
    let rpsMax: Double
    let p50: Double
    let p50Min: Double
    let p50Max: Double
    let cpu: Double
}

private struct CheckedPromise: Encodable {
    let client: String
    let against: String
    let inFlight: Int
    let quantity: Promise.Quantity
    let bound: String
    let ratio: Double?
    /// Nil if it was not measured.
    let met: Bool?

    init(_ verdict: Promise.Verdict) {
        client = verdict.promise.client
        against = verdict.promise.reference
        inFlight = verdict.promise.inFlight
        quantity = verdict.promise.quantity
        bound = verdict.promise.bound.description
        ratio = verdict.ratio
        met = verdict.isMet
    }
}
#endif
