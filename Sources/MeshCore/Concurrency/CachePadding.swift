/// Room that keeps what lies on either side of it off one cache line.
///
/// 128 bytes, because processors fetch lines of 64 bytes in pairs. A tuple and not an `InlineArray`, which needs macOS 26.
public struct CachePadding: Sendable {
    private let low: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0, 0, 0, 0)
    private let high: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0, 0, 0, 0)

    /// Creates room.
    public init() {}
}
