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

    private static func json(_ result: SimulationResult) -> String {
        func number(_ duration: Duration?) -> String { duration.map { Numbers.fixed($0.milliseconds, 3) } ?? "null" }
        let failures = result.failures.map { "\(quoted($0.kind)): \($0.count)" }.joined(separator: ", ")
        let servers = result.servers.map { "\(quoted($0.name)): \($0.calls)" }.joined(separator: ", ")
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
