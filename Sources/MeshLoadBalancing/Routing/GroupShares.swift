import MeshCore

#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Android)
import Android
#endif

/// The share of calls that each group of endpoints gets: priorities first, localities within them.
struct GroupShares: Sendable {
    struct Share: Sendable {
        let group: EndpointGroup
        /// Where its part of the numbers below 2^32 ends.
        var end: UInt64
        let size: Double
        /// What its priority and its place are known by, whatever others there are.
        let name: UInt64
        /// Whether availability is ignored within it.
        let isPanic: Bool
    }

    private let shares: ContiguousArray<Share>

    /// - Parameter available: How many endpoints of a group are available.
    init(
        _ levels: [EndpointSnapshot.Level],
        routing: EndpointRouting,
        available: (EndpointGroup) -> Int
    ) {
        let standings = levels.map { Standing($0.everywhere, panicThreshold: routing.panicThreshold, available) }
        let loads = PriorityLoads(
            standings.map { ($0.available, $0.count) },
            overprovisioning: routing.overprovisioning,
            panicThreshold: routing.panicThreshold
        )
        var shares: ContiguousArray<Share> = []
        var sum = 0.0
        for (priority, ((level, standing), load)) in zip(zip(levels, standings), loads.levels).enumerated()
        where load.load > 0 {
            let local = level.places.map { Standing($0.group, panicThreshold: routing.panicThreshold, available) }
            let places = routing.localities.shares(
                of: zip(level.places, local).map { ($0.locality, $1.availableOfWhole, $1.wholeCount) },
                overprovisioning: routing.overprovisioning,
                isPanic: load.isPanic
            )
            let groups = places == nil ? [standing.group] : local.map(\.group)
            for (index, (group, part)) in zip(groups, places ?? [1]).enumerated() where part > 0 {
                let size = Double(load.load) / 100 * part
                sum += size
                let place = places == nil ? "" : level.places[index].locality.description
                shares.append(
                    Share(
                        group: group,
                        end: UInt64(sum * 0x1p32),
                        size: size,
                        name: XXH64.hash("\(priority) \(place)"),
                        isPanic: load.isPanic
                    )
                )
            }
        }
        // Whatever rounding did, the last one gets the rest.
        if !shares.isEmpty { shares[shares.count - 1].end = 1 << 32 }
        self.shares = shares
    }

    /// A group drawn by its share; `nil` if there is none.
    func draw(using random: inout SplitMix64) -> Share? {
        guard shares.count > 1 else { return shares.first }
        let number = random.next() >> 32
        return shares.first { number < $0.end }
    }

    /// The group of a key: each has its share of the keys, and when shares change no more keys change groups than must.
    ///
    /// Rendezvous hashing with weights (Schindelhauer and Schomaker, "Weighted distributed hash tables", 2005): each group draws a time
    /// from an exponential distribution with its share as the rate, and the first one has the key.
    func share(of key: UInt64) -> Share? {
        guard shares.count > 1 else { return shares.first }
        func time(_ share: Share) -> Double {
            var random = SplitMix64(seed: key ^ share.name)
            return -log(1 - random.unit()) / share.size
        }
        return shares.min { time($0) < time($1) }
    }
}

/// A group, or what stands in for it, and how many of it are available.
private struct Standing {
    let group: EndpointGroup
    let available: Int
    let count: Int
    let wholeCount: Int

    /// - Parameter available: How many endpoints of a group are available.
    init(_ group: EndpointGroup, panicThreshold: Fraction, _ available: (EndpointGroup) -> Int) {
        count = group.members.count
        wholeCount = group.wholeCount
        let own = available(group)
        let tooFew = { (count: Int, total: Int) in count == 0 || panicThreshold.exceeds(count, of: total) }
        if let reserve = group.reserve, tooFew(own, count) {
            // It need not be half of the double number: what counts is how many bear the load.
            let all = available(reserve)
            if !tooFew(all, count) {
                self.group = reserve
                self.available = min(all, count)
                return
            }
        }
        self.group = group
        self.available = own
    }

    /// How many are available if those that subsetting leaves out fare as those that it does not.
    var availableOfWhole: Int { count == wholeCount ? available : (available * wholeCount + count / 2) / max(1, count) }
}

extension LocalityRouting {
    /// The endpoints of one priority by place; empty where places make no difference.
    func places(
        of nodes: ContiguousArray<EndpointNode>,
        isFirstPriority: Bool
    ) -> [(locality: Locality, nodes: ContiguousArray<EndpointNode>)] {
        let place: (EndpointNode) -> Locality
        switch self {
        case .ignored:
            return []
        case .zoneAware:
            guard isFirstPriority else { return [] }
            place = { ($0.endpoint.locality ?? Locality()).zoneOnly }
        case .weighted:
            place = { $0.endpoint.locality ?? Locality() }
        }
        return Dictionary(grouping: nodes, by: place)
            .sorted { $0.key.description < $1.key.description }
            .map { ($0.key, ContiguousArray($0.value)) }
    }

    /// The share of each place, adding up to 1; `nil` where calls go to all alike.
    func shares(
        of places: [(locality: Locality, available: Int, total: Int)],
        overprovisioning: Int,
        isPanic: Bool
    ) -> [Double]? {
        guard !places.isEmpty else { return nil }
        switch self {
        case .ignored:
            return nil
        case .zoneAware(let rule):
            return isPanic ? nil : rule.shares(of: places.map { ($0.locality, $0.available) })
        case .weighted(let weights):
            let effective = places.map { place in
                let health = isPanic ? 100 : min(100, overprovisioning * place.available / place.total)
                return Double(weights[place.locality] ?? 0) * Double(health)
            }
            let sum = effective.reduce(0, +)
            return sum > 0 ? effective.map { $0 / sum } : nil
        }
    }
}
