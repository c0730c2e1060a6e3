#if Transport && DNS && DEBUG
import MeshCore

/// Something that is fed with mutated inputs.
protocol FuzzTarget {
    /// Makes one input, feeds it, and checks what must hold for any input.
    mutating func examine(using random: inout SplitMix64) -> Finding
}

/// One input, and what came of it.
struct Finding {
    enum Verdict {
        case accepted
        case refused
        case wrong(String)
    }

    let input: [UInt8]
    let verdict: Verdict

    init(_ input: [UInt8], _ verdict: Verdict) {
        self.input = input
        self.verdict = verdict
    }
}
#endif
