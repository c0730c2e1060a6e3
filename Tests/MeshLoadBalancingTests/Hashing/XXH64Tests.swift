import MeshLoadBalancing
import Testing

@Suite("XXH64")
struct XXH64Tests {
    @Test(
        "texts hash as in the reference implementation, version 0.8",
        arguments: [
            ("", 0xEF46_DB37_51D8_E999), ("a", 0xD24E_C4F1_A98C_6E5B), ("abc", 0x44BC_2CF5_AD77_0999),
            ("1234", 0xD831_6E61_D84F_6BA4), ("10.0.0.1:80_0", 0x7504_1381_E737_1A08),
            ("The quick brown fox jumps over the lazy dog", 0x0B24_2D36_1FDA_71BC),
        ] as [(String, UInt64)]
    )
    func texts(text: String, hash: UInt64) {
        #expect(XXH64.hash(text) == hash)
    }

    @Test("bytes and seeds hash as in the reference implementation")
    func bytes() {
        let bytes = Array(UInt8(0)...100)
        bytes.withUnsafeBytes { buffer in
            #expect(XXH64.hash(buffer, seed: 2_654_435_761) == 0xA1C6_D417_4C37_136D)
            #expect(XXH64.hash(UnsafeRawBufferPointer(rebasing: buffer[..<64])) == 0xF7C6_7301_DB67_13F0)
        }
        #expect(XXH64.hash("12345678", seed: 7) == 0xDE04_D679_4DDC_D8A6)
    }

    @Test(
        "a number hashes as its bytes do",
        arguments: [
            (0, 0x34C9_6ACD_CADB_1BBB), (1, 0x9F29_CB17_A2A4_9995), (0xDEAD_BEEF, 0x3396_F1A5_9CB0_0C78),
            (.max, 0x85D1_36AD_B773_C6C9),
        ] as [(UInt64, UInt64)]
    )
    func numbers(value: UInt64, hash: UInt64) {
        #expect(XXH64.hash(value) == hash)
        withUnsafeBytes(of: value.littleEndian) { #expect(XXH64.hash($0) == hash) }
    }
}
