#if AsyncHTTPClient && Transport
/// The memory of a client's process before and after it opened connections that do nothing.
struct IdleMemory: Codable, Sendable {
    /// Connections that were opened between the two.
    let connections: Int
    /// Resident set.
    let beforeMb: Double
    let afterMb: Double

    var bytesPerConnection: Double { (afterMb - beforeMb) * 1_048_576 / Double(connections) }
}
#endif
