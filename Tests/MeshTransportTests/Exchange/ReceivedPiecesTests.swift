#if Transport
import MeshCore
import NIOCore
import Testing

@testable import MeshTransport

@Suite("What came in of a response") struct ReceivedPiecesTests {
    private func all(_ pieces: ReceivedPieces) -> [UInt8] {
        var pieces = pieces
        var bytes: [UInt8] = []
        while let piece = pieces.popFirst() { bytes += piece.readableBytesView }
        return bytes
    }

    @Test("is joined when it comes byte by byte, and stays in order")
    func small() {
        var pieces = ReceivedPieces()
        let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0) }
        var read = ByteBuffer(bytes: bytes)
        while let piece = read.readSlice(length: 1) { pieces.append(piece) }
        #expect(pieces.count < 10)
        #expect(all(pieces) == bytes)
    }

    @Test("is kept as it came when it is large")
    func large() {
        var pieces = ReceivedPieces()
        for _ in 0..<3 { pieces.append(ByteBuffer(repeating: 1, count: 8192)) }
        #expect(pieces.count == 3)
        #expect(all(pieces).count == 3 * 8192)
    }

    @Test("stays bounded in entries, whatever the pieces", arguments: 0..<20)
    func mixed(_ seed: Int) {
        var random = SplitMix64(seed: UInt64(seed))
        var pieces = ReceivedPieces()
        var bytes: [UInt8] = []
        for _ in 0..<500 {
            let isSmall = Int.random(in: 0..<4, using: &random) > 0
            let count = Int.random(in: isSmall ? 1...40 : 1...20_000, using: &random)
            let piece = [UInt8](repeating: UInt8(truncatingIfNeeded: count), count: count)
            pieces.append(ByteBuffer(bytes: piece))
            bytes += piece
        }
        #expect(pieces.count <= bytes.count / 512 + 1)
        #expect(all(pieces) == bytes)
    }

    @Test("is gone when it was dropped")
    func dropped() {
        var pieces = ReceivedPieces()
        #expect(pieces.isEmpty)
        pieces.append(ByteBuffer(string: "x"))
        #expect(!pieces.isEmpty)
        pieces.removeAll()
        #expect(pieces.popFirst() == nil)
    }
}
#endif
