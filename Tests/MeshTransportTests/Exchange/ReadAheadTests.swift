#if Transport
import MeshCore
import Testing

@testable import MeshTransport

/// When the endpoint waits for the reader of a response.
@Suite struct ReadAheadTests {
    private enum Step {
        case hold(Int)
        case take(Int)
    }

    private func answers(limit: Int, _ steps: [Step]) -> [Bool] {
        var ahead = ReadAhead(limit: limit)
        return steps.map { step in
            switch step {
            case .hold(let count): ahead.hold(count)
            case .take(let count): ahead.take(count)
            }
        }
    }

    @Test func thereIsRoomBelowTheLimitAndAgainAtHalfOfIt() {
        #expect(answers(limit: 100, [.hold(99), .hold(1)]) == [true, false])
        #expect(answers(limit: 100, [.hold(100), .take(49), .take(1), .take(50)]) == [false, false, true, false])
    }

    @Test func onePieceAboveTheLimitFillsIt() {
        #expect(answers(limit: 10, [.hold(1000), .take(1000)]) == [false, true])
    }

    /// The endpoint is told to wait with 120 held. When 30 come in that were on their way, 90 are held: less than the limit,
    /// and it waits for the word to go on all the same.
    @Test func whatWasOnItsWayDoesNotLetTheWordBeForgotten() {
        let steps: [Step] = [.hold(60), .hold(60), .take(60), .hold(30), .take(60), .take(30)]
        #expect(answers(limit: 100, steps) == [true, false, false, false, true, false])
    }

    /// Pieces come in after the word to wait, and the reader is on another thread: any order is possible.
    @Test(arguments: UInt64(0)..<50) func whoWaitsIsToldToGoOnBeforeAllIsRead(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var ahead = ReadAhead(limit: 100)
        var pieces: [Int] = []
        var waits = false
        for _ in 0..<500 {
            if Bool.random(using: &random) {
                let piece = Int.random(in: 1...60, using: &random)
                pieces.append(piece)
                if !ahead.hold(piece) { waits = true }
            } else if !pieces.isEmpty, ahead.take(pieces.removeFirst()) {
                #expect(waits)
                waits = false
            }
            #expect(!(waits && pieces.isEmpty), "it waits, and nothing is left to read that would wake it")
        }
    }
}
#endif
