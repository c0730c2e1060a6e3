#if AsyncHTTPClient
/// What can be wrong with a server.
enum Fault: Hashable, Codable, Sendable, CustomStringConvertible {
    /// Every call takes this many times longer.
    case slow(factor: Int)
    /// This share of the calls is answered at once with status 500.
    case failing(share: Double)
    /// Nobody listens on the port.
    case down

    var description: String {
        switch self {
        case .slow(let factor): "\(factor)x slower"
        case .failing(let share): "fails \(Int(share * 100)) %"
        case .down: "down"
        }
    }
}

/// How a server is told what is wrong with it; `nil` for nothing.
struct FaultCommand: Codable, Sendable {
    let fault: Fault?
}
#endif
