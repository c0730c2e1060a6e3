#if AsyncHTTPClient
import MeshTLS
import NIOCore

/// The clients of one endpoint under one name: one for each event loop that is needed.
///
/// All that AsyncHTTPClient does for a call must happen on one event loop: with a group, it reports to one loop what
/// happens on another, and version 1.37 then crashes the process when a connection closes between the end of a request
/// body and the report of it. (It hands the connection back to its pool a second time.) So a client gets one loop, and
/// an endpoint that is asked a lot gets more clients.
///
/// A call goes to the first lane that is not busy, so that an endpoint that is asked little has one client and few
/// connections, and to the least busy if all of them are.
struct Lanes {
    /// How the clients verify the endpoint; `nil` where AsyncHTTPClient does it alone, and without TLS.
    let verification: LeafVerification?

    private var clients: [PooledClient?]
    private let first: Int
    private let busy: Int

    /// Creates lanes without clients.
    ///
    /// - Parameters:
    ///   - count: How many event loops may be used. Positive.
    ///   - first: The one to begin with; endpoints take different ones.
    ///   - busy: From how many calls on a lane the next one is used, too.
    ///   - verification: How the clients verify the endpoint.
    init(count: Int, first: Int, busy: Int, verification: LeafVerification?) {
        self.verification = verification
        clients = Array(repeating: nil, count: count)
        self.first = first % count
        self.busy = busy
    }

    /// The lane for the next call.
    ///
    /// - Complexity: O(lanes), and O(1) as long as the first is not busy
    var next: Int {
        var (best, fewest) = (first, Int.max)
        for offset in clients.indices {
            let lane = (first + offset) % clients.count
            let inFlight = clients[lane]?.inFlight ?? 0
            if inFlight < busy { return lane }
            if inFlight < fewest { (best, fewest) = (lane, inFlight) }
        }
        return best
    }

    /// The clients that there are.
    var open: [PooledClient] { clients.compactMap(\.self) }

    /// Forgets a client; its lane gets a new one when it is needed.
    mutating func remove(_ client: PooledClient) {
        for lane in clients.indices where clients[lane] === client { clients[lane] = nil }
    }

    subscript(lane: Int) -> PooledClient? {
        get { clients[lane] }
        set { clients[lane] = newValue }
    }
}
#endif
