/// Makes whole numbers of a rate: each is the rate rounded down or up, and after n of them they add up to n times the rate,
/// rounded down.
struct FractionalRate: Hashable, Sendable {
    /// In parts of 2^32.
    private let step: UInt64
    private var rest: UInt64 = 0

    /// - Precondition: `rate` lies between 0 and 2^31.
    init(_ rate: Double) {
        step = UInt64((rate * 4_294_967_296).rounded())
    }

    mutating func next() -> Int {
        let sum = rest + step
        rest = sum & 0xFFFF_FFFF
        return Int(sum >> 32)
    }
}
