#if Transport && DNS && DEBUG
import MeshCore
import MeshTracing

@testable import MeshHTTP

/// What other services write into headers: contexts of traces, times to wait, reports of load.
struct HeaderTarget: FuzzTarget {
    private let mutator = Mutator(
        corpus: [
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-what-comes-later",
            "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE,tenant@system=v", "a=1 , b=2,,\tc=3",
            "userId=alice;private,serverNode=DF%2028,isProduction=false", "k=;p=1;q , l = %E2%82%AC",
            "120", "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
            "Thu, 29 Feb 2024 23:59:60 GMT", "EQEAAAAAAADwPw==", "TEXT cpu=0.5,named_metrics.queue=3",
            #"JSON {"cpu_utilization": 0.5, "named_metrics": {"queue": 3}}"#, "rif=3, latency=1200",
        ],
        tokens: [
            "-", "=", ",", ";", " ", "\t", "%", "%2", "%00", "%C3%28", "@", "0", "f", "F", "00", "ff", "\u{0}",
            "\u{7F}",
            "é", "\"", "GMT", "Feb", "31", "24:00:00", "9999", "99999999999999999999", "-1", "1e400", "nan", "TEXT ",
            "JSON ", "BIN ", "AAAA", "====", String(repeating: "a", count: 300), String(repeating: "k=v,", count: 200),
        ]
    )

    func examine(using random: inout SplitMix64) -> Finding {
        let bytes = mutator.input(of: 1...1, using: &random)
        let text = String(decoding: bytes, as: UTF8.self)
        let checks = [traceParent(text), traceState(text), baggage(text), retryAfter(text), reports(text)]
        for case .wrong(let reason) in checks { return Finding(bytes, .wrong("\(reason): \(text.debugDescription)")) }
        let isAccepted = checks.contains { if case .accepted = $0 { true } else { false } }
        return Finding(bytes, isAccepted ? .accepted : .refused)
    }

    private func traceParent(_ text: String) -> Finding.Verdict {
        guard let parent = TraceParent(text) else { return .refused }
        guard TraceParent(parent.description) == parent else { return .wrong("traceparent \(parent)") }
        // Whatever the version, what is sent on is of version 00.
        return parent.description.utf8.count == 55 && parent.description.hasPrefix("00-")
            ? .accepted : .wrong("the form of traceparent \(parent)")
    }

    private func traceState(_ text: String) -> Finding.Verdict {
        guard let state = TraceState(text) else { return .refused }
        let members = state.members
        // Of a key that is there twice the first one counts.
        let values = Dictionary(members.map { ($0.key, $0.value) }) { first, _ in first }
        guard TraceState(state.description) == state, members.count <= TraceState.maximumCount,
            values.allSatisfy({ state[$0.key] == $0.value })
        else { return .wrong("tracestate \(state)") }
        return state.truncated().description.utf8.count <= 512 ? .accepted : .wrong("a long tracestate")
    }

    private func baggage(_ text: String) -> Finding.Verdict {
        let baggage = Baggage(text)
        let printed = baggage.description
        guard Baggage(printed) == baggage, baggage.entries.count <= Baggage.maximumCount,
            printed.utf8.count <= Baggage.maximumLength, printed.utf8.allSatisfy({ (0x20...0x7E).contains($0) })
        else { return .wrong("baggage \(printed)") }
        return baggage.isEmpty ? .refused : .accepted
    }

    private func retryAfter(_ text: String) -> Finding.Verdict {
        guard let value = RetryAfter(text, at: Self.now) else { return .refused }
        // The four digits of a year, and a leap second of its last day.
        if case .date(let date) = value, !(-62_167_219_200...253_402_300_800).contains(date) {
            return .wrong("the date \(date)")
        }
        return value.delay(at: Self.now) >= .zero ? .accepted : .wrong("a delay below zero")
    }

    private func reports(_ text: String) -> Finding.Verdict {
        for name in [LoadReportHeader.name, LoadReportHeader.binaryName] {
            let report = try? LoadReportHeader.report { $0 == name ? text : nil }
            guard let report else { continue }
            // A report of nothing is an empty header, which is none.
            guard report != (try? LoadReport()) else { return .accepted }
            guard let field = try? LoadReportHeader.field(for: report),
                (try? LoadReportHeader.report { $0 == field.name ? field.value : nil }) == report
            else { return .wrong("the report \(report)") }
            return .accepted
        }
        guard let response = try? ProbeHeader.response(text) else { return .refused }
        let again = try? ProbeHeader.response(ProbeHeader.text(for: response))
        return again == response ? .accepted : .wrong("the answer to a probe \(response)")
    }

    private static let now: Int64 = 1_700_000_000
}
#endif
