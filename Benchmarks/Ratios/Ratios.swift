#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// The costs that are promised as a ratio to something measured in the same run, because machines are noisy.
///
/// `swift run -c release ratios` prints them; with `--check` it fails where a figure is past its limit.
@main
struct Ratios {
    static func main() async throws {
        var report = Report()
        measureLargeSets(into: &report)
        try await measureStack(into: &report)
        measureThreads(into: &report)
        print(report.markdown)
        guard CommandLine.arguments.contains("--check"), !report.failed.isEmpty else { return }
        for row in report.failed { print("failed: \(row.what)") }
        exit(1)
    }
}
