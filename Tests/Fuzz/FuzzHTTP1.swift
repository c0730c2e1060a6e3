#if Transport && DEBUG
import HTTPTypes
import MeshCore
import NIOCore

@testable import MeshTransport

/// Feeds the parser of HTTP/1.1 responses with mutated ones, in random pieces, and checks what must hold for any bytes.
///
///     swift run fuzz-http1 --seconds 60 --seed 1
///
/// Input number N of a seed is always the same: a run that traps is repeated with `--first` and the last number it printed.
@main enum FuzzHTTP1 {
    static func main() {
        let seconds = option("--seconds") ?? 10
        let seed = option("--seed") ?? 1
        var number = option("--first") ?? 0
        let first = number
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
                    exit(failing: true)
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

    private static func option(_ name: String) -> UInt64? {
        let arguments = CommandLine.arguments
        guard let index = arguments.firstIndex(of: name), index + 1 < arguments.count else { return nil }
        return UInt64(arguments[index + 1])
    }
}
#endif
