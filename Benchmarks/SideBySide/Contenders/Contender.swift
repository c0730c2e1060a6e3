#if AsyncHTTPClient && Transport
/// A client that is ready to be measured, again and again, in a fresh process each time.
protocol Contender: Sendable {
    /// Programs of others that take part, with their versions.
    var peers: [String] { get }

    func measure(_ job: Job) throws -> Measurement

    func stop()
}

extension Contender {
    var peers: [String] { [] }

    func stop() {}
}

/// One measurement to be made.
struct Job: Sendable {
    let load: LoadShape
    let seconds: Double
}

/// When the next call begins.
enum LoadShape: Sendable {
    /// This number of calls is under way at any time; bodies of 14 bytes.
    case closed(inFlight: Int)
    /// This number of calls begins each second, come what may; bodies of 1 KiB.
    case open(rate: Int)

    var path: String {
        switch self {
        case .closed: "/"
        case .open: "/1k"
        }
    }
}

/// A contender that is a program of its own, measures itself, and knows closed loops only.
protocol PeerProgram: Contender {
    /// - Throws: ``MissingPeer`` if it is not installed.
    init(addresses: [String]) throws
}
#endif
