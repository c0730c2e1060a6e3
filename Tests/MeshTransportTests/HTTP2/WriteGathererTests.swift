#if Transport
import NIOCore
import NIOEmbedded
import Testing

@testable import MeshTransport

@Suite struct WriteGathererTests {
    private func channel() throws -> EmbeddedChannel {
        let channel = EmbeddedChannel()
        try channel.pipeline.syncOperations.addHandler(WriteGatherer())
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        return channel
    }

    private func write(_ text: String, to channel: EmbeddedChannel) -> EventLoopFuture<Void> {
        channel.write(IOData.byteBuffer(ByteBuffer(string: text)))
    }

    private func pieces(of channel: EmbeddedChannel) throws -> [String] {
        var pieces: [String] = []
        while let piece = try channel.readOutbound(as: ByteBuffer.self) { pieces.append(String(buffer: piece)) }
        return pieces
    }

    @Test func smallPiecesLeaveTogetherAtTheFlush() throws {
        let channel = try channel()
        var written = 0
        for text in ["a", "b", "c"] { write(text, to: channel).assumeIsolated().whenSuccess { written += 1 } }
        #expect(try pieces(of: channel).isEmpty)
        channel.flush()
        #expect(try pieces(of: channel) == ["abc"])
        #expect(written == 3)
        _ = write("d", to: channel)
        channel.flush()
        #expect(try pieces(of: channel) == ["d"])
    }

    @Test func largePiecesKeepTheirPlace() throws {
        let channel = try channel()
        let large = String(repeating: "x", count: 5000)
        for text in ["a", large, "b", "c"] { _ = write(text, to: channel) }
        channel.flush()
        #expect(try pieces(of: channel) == ["a", large, "bc"])
    }

    @Test func noPieceIsLargerThanARecord() throws {
        let channel = try channel()
        let text = String(repeating: "y", count: 2000)
        for _ in 0..<20 { _ = write(text, to: channel) }
        channel.flush()
        let pieces = try pieces(of: channel)
        #expect(pieces.allSatisfy { $0.utf8.count <= 16 * 1024 })
        #expect(pieces.joined().utf8.count == 40_000)
    }
}
#endif
