#if Transport && DEBUG
import ArgumentParser
import HTTPTypes
import MeshCore
import NIOCore

@testable import MeshTransport

/// Feeds the parser of HTTP/1.1 responses with mutated ones, in random pieces, and checks what must hold for any bytes.
///
///     swift run fuzz-http1 --seconds 60 --seed 1
///
/// Input number N of a seed is always the same: a run that traps is repeated with `--first` and the last number it printed.
@main struct FuzzHTTP1: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fuzz-http1",
        abstract: "Feeds the parser of HTTP/1.1 responses with mutated ones, and checks what must hold for any bytes."
    )

    @Option(help: "How long, in seconds.")
    var seconds: UInt32 = 10
    @Option(help: "Chooses the inputs.")
    var seed: UInt64 = 1
    @Option(help: "The number of the first input.")
    var first: UInt64 = 0

    func run() throws {
        var number = first
        let began = ContinuousClock.now
        let end = began + .seconds(Int64(seconds))
        var accepted: UInt64 = 0
        while ContinuousClock.now < end {
            // The clock costs more than an input.
            for _ in 0..<100 {
                var random = SplitMix64(seed: seed &* 0x9E37_79B9_7F4A_7C15 ^ number)
                let input = Mutator.input(using: &random)
                switch Examination(of: input, using: &random).verdict {
                case .accepted: accepted += 1
                case .refused: break
                case .wrong(let reason):
                    print("input \(number) of seed \(seed): \(reason)")
                    print(input.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined())
                    throw ExitCode.failure
                }
                number += 1
            }
            if number % 100_000 == 0 { print("\(number) inputs") }
        }
        let elapsed = (ContinuousClock.now - began) / .seconds(1)
        let count = number - first
        print(
            "\(count) inputs of seed \(seed), \(Int(Double(count) / elapsed)) inputs/s, \(accepted) of them valid: nothing found"
        )
    }
}
#endif
