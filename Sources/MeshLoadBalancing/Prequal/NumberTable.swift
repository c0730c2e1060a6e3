/// Where numbers stand in a list: a table with open addressing, made once.
///
/// Numbers of endpoints are given out one after the other, so that a multiplication spreads them. Half of the places at least are
/// free, so that every search ends, and soon.
struct NumberTable: Sendable {
    /// A number in the upper half, and one more than its index in the lower; 0 is a free place.
    private let places: ContiguousArray<UInt64>

    /// Creates the table of a list.
    ///
    /// - Parameter numbers: All different.
    init(_ numbers: some Collection<UInt32>) {
        // A power of two above twice as many, and at least 8.
        let size = 1 << (Int.bitWidth - max(numbers.count * 2, 7).leadingZeroBitCount)
        var places = ContiguousArray<UInt64>(repeating: 0, count: size)
        for (index, number) in numbers.enumerated() {
            var place = Self.home(of: number, in: size)
            while places[place] != 0 { place = (place + 1) & (size - 1) }
            places[place] = UInt64(number) << 32 | UInt64(index + 1)
        }
        self.places = places
    }

    /// Where the number stands; `nil` if it is not there.
    func index(of number: UInt32) -> Int? {
        var place = Self.home(of: number, in: places.count)
        while true {
            let entry = places[place]
            if entry == 0 { return nil }
            if entry >> 32 == number { return Int(entry & 0xFFFF_FFFF) - 1 }
            place = (place + 1) & (places.count - 1)
        }
    }

    /// Whether the number is there.
    func contains(_ number: UInt32) -> Bool { index(of: number) != nil }

    /// The upper bits of a product depend on all bits of the number.
    private static func home(of number: UInt32, in size: Int) -> Int {
        Int(truncatingIfNeeded: (UInt64(number) &* 0x9E37_79B9_7F4A_7C15) >> 32) & (size - 1)
    }
}
