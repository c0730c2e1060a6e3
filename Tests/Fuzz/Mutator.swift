#if Transport && DNS && DEBUG
import MeshCore

/// Makes inputs out of those that are in order.
struct Mutator {
    let corpus: [[UInt8]]
    let tokens: [[UInt8]]

    init(corpus: [[UInt8]], tokens: [[UInt8]]) {
        self.corpus = corpus
        self.tokens = tokens
    }

    init(corpus: [String], tokens: [String]) {
        self.init(corpus: corpus.map { Array($0.utf8) }, tokens: tokens.map { Array($0.utf8) })
    }

    /// - Parameter count: How many of the corpus follow one another.
    func input(of count: ClosedRange<Int>, using random: inout SplitMix64) -> [UInt8] {
        var input: [UInt8] = []
        for _ in 0..<Int.random(in: count, using: &random) { input += corpus.randomElement(using: &random) ?? [] }
        for _ in 0..<Int.random(in: 0...6, using: &random) { mutate(&input, using: &random) }
        return input
    }

    func mutate(_ input: inout [UInt8], using random: inout SplitMix64) {
        let place = Int.random(in: 0...input.count, using: &random)
        let end = min(input.count, place + Int.random(in: 0...24, using: &random))
        switch Int.random(in: 0..<7, using: &random) {
        case 0 where place < input.count:
            input[place] = UInt8.random(in: .min ... .max, using: &random)
        case 1 where place < input.count:
            input[place] ^= 1 << UInt8.random(in: 0...7, using: &random)
        case 2:
            input.removeSubrange(place..<end)
        case 3:
            input.insert(contentsOf: Array(input[place..<end]), at: place)
        case 4:
            input.removeSubrange(place...)
        default:
            input.insert(contentsOf: tokens.randomElement(using: &random) ?? [], at: place)
        }
    }
}

extension [UInt8] {
    /// Cut at random places: into single bytes, small pieces or larger ones.
    func pieces(using random: inout SplitMix64) -> [ArraySlice<UInt8>] {
        var pieces: [ArraySlice<UInt8>] = []
        var rest = self[...]
        let longest = [1, 3, 40].randomElement(using: &random) ?? 1
        while !rest.isEmpty {
            let length = Int.random(in: 1...longest, using: &random)
            pieces.append(rest.prefix(length))
            rest = rest.dropFirst(length)
        }
        return pieces
    }
}
#endif
