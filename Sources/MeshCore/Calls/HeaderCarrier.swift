/// A request that carries headers, gRPC metadata or the like: what propagation writes to.
///
/// Names are compared without regard to case.
public protocol HeaderCarrier: Sendable {
    /// All values of a header, in order.
    func headerValues(_ name: String) -> [String]

    /// Replaces every value of a header by `value`.
    mutating func setHeader(_ name: String, to value: String)
}
