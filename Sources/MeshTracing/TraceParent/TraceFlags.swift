/// What a caller recommends about a trace.
public struct TraceFlags: OptionSet, Hashable, Sendable {
    /// The flags as bits.
    public let rawValue: UInt8

    /// Creates flags from bits.
    public init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// The caller may have recorded the trace.
    public static let sampled = TraceFlags(rawValue: 0x01)

    /// At least the last seven bytes of the trace's identifier are random. Never changes along a trace.
    public static let random = TraceFlags(rawValue: 0x02)

    /// The flags that level 2 of the specification defines. All others are sent as zero.
    public static let defined: TraceFlags = [.sampled, .random]
}
