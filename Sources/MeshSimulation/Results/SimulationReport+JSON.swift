extension SimulationReport {
    /// One JSON object. The same scenario gives the same bytes.
    public func json() -> String {
        let list = results.map { Self.json($0) }.joined(separator: ",\n")
        return """
            {
              "scenario": \(Self.quoted(scenario.name)),
              "seed": \(scenario.seed),
              "results": [
            \(list)
              ]
            }
            """
    }

    private static func number(_ duration: Duration?) -> String {
        duration.map { Numbers.fixed($0.milliseconds, 3) } ?? "null"
    }

    private static func json(_ slice: SimulationResult.Slice) -> String {
        let imbalance = slice.imbalance.map { Numbers.fixed($0, 4) } ?? "null"
        return """
            {"start": \(Numbers.fixed(slice.start.milliseconds / 1e3, 3)), "calls": \(slice.calls), \
            "failures": \(slice.failures), "p50": \(number(slice.latency(0.5))), "p99": \(number(slice.latency(0.99))), \
            "imbalance": \(imbalance)}
            """
    }

    private static func json(_ result: SimulationResult) -> String {
        let failures = result.failures.map { "\(quoted($0.kind)): \($0.count)" }.joined(separator: ", ")
        let servers = result.servers.map { "\(quoted($0.name)): \($0.calls)" }.joined(separator: ", ")
        let slices = result.slices.map { "        \(json($0))" }.joined(separator: ",\n")
        let digest = String(result.digest, radix: 16)
        return """
                {
                  "variant": \(quoted(result.variant)),
                  "calls": \(result.calls),
                  "success": \(Numbers.fixed(result.success, 6)),
                  "milliseconds": {
                    "mean": \(number(result.meanLatency)),
                    "p50": \(number(result.latency(0.5))),
                    "p90": \(number(result.latency(0.9))),
                    "p99": \(number(result.latency(0.99))),
                    "p99.9": \(number(result.latency(0.999))),
                    "max": \(number(result.maximumLatency))
                  },
                  "maximumLoad": \(Numbers.fixed(result.maximumLoad, 4)),
                  "attempts": \(result.attempts),
                  "extraRequests": \(result.extraRequests),
                  "ejections": \(result.ejections),
                  "readmissions": \(result.readmissions),
                  "shedRequests": \(result.shedRequests),
                  "probes": \(result.probes),
                  "unfinished": \(result.unfinished),
                  "failures": {\(failures)},
                  "servers": {\(servers)},
                  "slices": [
            \(slices)
                  ],
                  "events": \(result.events),
                  "digest": "\(String(repeating: "0", count: 16 - digest.count))\(digest)"
                }
            """
    }

    static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case ..." ":
                if scalar == " " {
                    quoted += " "
                } else {
                    let code = String(scalar.value, radix: 16)
                    quoted += "\\u\(String(repeating: "0", count: 4 - code.count))\(code)"
                }
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
