#if Transport
import MeshCore
import NIOCore

/// The lanes of a transport, one for each event loop.
final class Lanes: Sendable {
    let all: [Lane]

    init(on group: any EventLoopGroup, settings: TransportSettings) {
        let loops = Array(group.makeIterator())
        // A limit below the number of loops leaves some of them without a connection to give.
        let count = max(1, min(loops.count, settings.maximumConnectionsPerEndpoint))
        all = loops.prefix(count).enumerated().map { index, loop in
            Lane(on: loop, share: Lane.Share(index: index, count: count), settings: settings)
        }
    }

    /// The lane for a call: that of the current thread if it is an event loop, else the less busy of two, the first of which
    /// is always the same for a thread.
    func choose() -> Lane {
        guard all.count > 1 else { return all[0] }
        for lane in all where lane.loop.inEventLoop { return lane }
        let first = Stripe.current(of: 64) % all.count
        let second = first + 1 < all.count ? first + 1 : 0
        return all[second].load < all[first].load ? all[second] : all[first]
    }
}
#endif
