/// A share between 0 and 1, exact to a millionth.
///
/// An integer inside, so that a budget of `0.2` is a fifth to the last call and never 0.19999.
public struct Fraction: Hashable, Comparable, Sendable, CustomStringConvertible, ExpressibleByFloatLiteral {
    /// The share in millionths, 0 to 1,000,000.
    public let millionths: UInt32

    /// Creates a share from millionths; `nil` above 1,000,000.
    @inlinable
    public init?(millionths: UInt32) {
        guard millionths <= 1_000_000 else { return nil }
        self.millionths = millionths
    }

    /// Creates a share from a number between 0 and 1, rounded to the nearest millionth; `nil` outside, or for NaN.
    public init?(_ value: Double) {
        guard value >= 0, value <= 1 else { return nil }
        self.init(millionths: UInt32((value * 1_000_000).rounded()))
    }

    /// Creates a share from a literal.
    ///
    /// - Precondition: The literal lies between 0 and 1.
    public init(floatLiteral value: Double) {
        guard let fraction = Fraction(value) else { preconditionFailure("\(value) is not between 0 and 1") }
        self = fraction
    }

    /// Nothing.
    @inlinable
    public static var zero: Fraction { Fraction(exactly: 0) }

    /// All.
    @inlinable
    public static var one: Fraction { Fraction(exactly: 1_000_000) }

    @usableFromInline
    init(exactly millionths: UInt32) {
        self.millionths = millionths
    }

    /// The share as a number.
    @inlinable
    public var value: Double { Double(millionths) / 1_000_000 }

    /// This share of `count`, rounded down.
    @inlinable
    public func of(_ count: Int) -> Int {
        // In two parts, so that no count overflows on the way.
        let (millions, rest) = count.quotientAndRemainder(dividingBy: 1_000_000)
        return millions * Int(millionths) + Int(Int64(rest) * Int64(millionths) / 1_000_000)
    }

    /// Whether `part` of `total` is a smaller share than this, exactly. Of nothing, no share is smaller.
    ///
    /// - Precondition: Both are below nine trillion.
    @inlinable
    public func exceeds(_ part: Int, of total: Int) -> Bool {
        Int64(part) * 1_000_000 < Int64(millionths) * Int64(total)
    }

    /// Whether `lhs` is the smaller share.
    @inlinable
    public static func < (lhs: Fraction, rhs: Fraction) -> Bool { lhs.millionths < rhs.millionths }

    /// The share in percent: `20 %`.
    public var description: String {
        millionths % 10_000 == 0 ? "\(millionths / 10_000) %" : "\(Double(millionths) / 10_000) %"
    }
}
