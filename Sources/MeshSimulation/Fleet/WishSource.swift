import MeshCore
import MeshLoadBalancing

/// What a call asks of the mesh.
struct CallWish {
    var key: UInt64?
    var subset: EndpointSubset?

    var isNone: Bool { key == nil && subset == nil }
}

/// Draws what calls ask for.
struct WishSource {
    private var keys: KeySource?
    private let subset: EndpointSubset?
    private let share: Fraction
    private var random: SplitMix64

    init(_ clients: ClientFleet, seed: UInt64) {
        keys = clients.keys.map { KeySource($0, seed: seed) }
        subset = clients.subset.map { EndpointSubset($0.metadata) }
        share = clients.subset?.share ?? .zero
        random = SplitMix64(seed: SplitMix64.mixed(seed))
    }

    mutating func next() -> CallWish {
        var wish = CallWish()
        wish.key = (keys?.next()).map { XXH64.hash(UInt64($0)) }
        if subset != nil, share == .one || random.unit() < share.value { wish.subset = subset }
        return wish
    }
}
