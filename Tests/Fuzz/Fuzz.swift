#if Transport && DNS && DEBUG
import ArgumentParser
import MeshCore

/// Feeds what reads bytes of others with mutated ones, and checks what must hold for any bytes.
///
///     swift run fuzz --seconds 60
///     swift run fuzz --target http2 --seconds 60 --seed 1
///
/// Input number N of a seed is always the same: a run that traps is repeated with `--first` and the last number it printed.
/// Certificates are the exception: their keys are new in each run, and so an input is reported with the certificate.
@main struct Fuzz: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fuzz",
        abstract: "Feeds what reads bytes of others with mutated ones, and checks what must hold for any bytes."
    )

    enum Target: String, CaseIterable, ExpressibleByArgument {
        /// Responses into their parser.
        case http1
        /// What a server sends into a connection with calls on it.
        case http2
        /// Certificates, signed by a trusted root, into the verification of a peer.
        case certificates
        /// Text into SPIFFE IDs, trust domains and patterns.
        case spiffe
        /// Answers of name servers into their decoder.
        case dns
        /// Values of headers into what reads contexts of traces, times to wait and reports of load.
        case headers
        /// Files of endpoints into their parser.
        case documents

        fileprivate func make() throws -> any FuzzTarget {
            switch self {
            case .http1: HTTP1Target()
            case .http2: HTTP2Target()
            case .certificates: try CertificateTarget()
            case .spiffe: SPIFFETarget()
            case .dns: try DNSTarget()
            case .headers: HeaderTarget()
            case .documents: DocumentTarget()
            }
        }
    }

    @Option(help: "What to feed; everything in turn unless it is said.")
    var target: Target?
    @Option(help: "How long, in seconds, all targets together.")
    var seconds: UInt32 = 10
    @Option(help: "Chooses the inputs.")
    var seed: UInt64 = 1
    @Option(help: "The number of the first input.")
    var first: UInt64 = 0

    func run() throws {
        let targets = target.map { [$0] } ?? Target.allCases
        for target in targets { try run(target, for: .seconds(Int64(seconds)) / targets.count) }
    }

    private func run(_ kind: Target, for duration: Duration) throws {
        var target = try kind.make()
        var number = first
        let began = ContinuousClock.now
        let end = began + duration
        var reported = began
        var accepted: UInt64 = 0
        while ContinuousClock.now < end {
            for _ in 0..<20 {
                var random = SplitMix64(seed: seed &* 0x9E37_79B9_7F4A_7C15 ^ number)
                let finding = target.examine(using: &random)
                switch finding.verdict {
                case .accepted: accepted += 1
                case .refused: break
                case .wrong(let reason):
                    print("\(kind): input \(number) of seed \(seed): \(reason)")
                    print(finding.input.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined())
                    throw ExitCode.failure
                }
                number += 1
            }
            guard ContinuousClock.now - reported > .seconds(5) else { continue }
            reported = .now
            print("\(kind): \(number) inputs")
        }
        let elapsed = (ContinuousClock.now - began) / .seconds(1)
        let count = number - first
        print(
            "\(kind): \(count) inputs of seed \(seed), \(Int(Double(count) / elapsed)) inputs/s, \(accepted) of them valid: nothing found"
        )
    }
}
#endif
