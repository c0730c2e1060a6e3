import MeshCore

/// The bound of consistent hashing with bounded loads, for the endpoints of a group that may be asked.
///
/// Mirrokni, Thorup, Zadimoghaddam, "Consistent Hashing with Bounded Loads", 2018: of m calls, the next one included, an
/// endpoint takes at most ⌈factor × m × its share of the weight⌉. The bounds of all add up to m at least, whatever the weights, so
/// that one of them always has room.
///
/// Calls and weights are those of the endpoints that may be asked. The weight of one that may not would be room that nobody can
/// use; its calls, which may hang, would be room for too many. (Envoy counts the calls to the whole cluster.)
struct BoundedLoad: Hashable, Sendable {
    /// The calls in flight.
    private(set) var calls = 0
    /// The weights, in any unit.
    private(set) var weight = 0.0

    /// Takes in an endpoint.
    mutating func add(calls: Int, weight: Double) {
        self.calls += calls
        self.weight += weight
    }

    /// Takes in a call that begins.
    mutating func begin() { calls += 1 }

    /// Whether an endpoint of `weight` that has so many calls in flight may take one more; `factor` is in percent.
    func hasRoom(_ calls: Int, weight: Double, factor: Int) -> Bool {
        Double(calls + 1) <= (Double(factor) / 100 * Double(self.calls + 1) * weight / self.weight).rounded(.up)
    }
}

/// The load of a group as one stripe of threads last counted it.
struct CountedLoad: Sendable {
    let group: ObjectIdentifier
    var load: BoundedLoad
    /// When it is to be counted anew.
    let dueAt: MeshInstant

    /// How long a count is believed, but for the calls that the stripe itself begins: as long as what other stripes have in flight
    /// is (see ``CallCount/seen(by:at:)``), and so long that counting takes a hundredth of the time or so.
    static func validity(of endpoints: Int) -> Duration { .microseconds(65 + endpoints) }
}

extension [CountedLoad] {
    /// The load of a group; counted by `count` if that is due.
    mutating func load(of group: EndpointGroup, at now: MeshInstant, count: () -> BoundedLoad) -> BoundedLoad {
        let identity = ObjectIdentifier(group)
        let index = firstIndex { $0.group == identity }
        if let index, now < self[index].dueAt { return self[index].load }
        let validity = CountedLoad.validity(of: group.members.count)
        let counted = CountedLoad(group: identity, load: count(), dueAt: now.advanced(by: validity))
        if let index { self[index] = counted } else { append(counted) }
        return counted.load
    }

    /// The load of a group has been counted anew.
    mutating func replace(_ load: BoundedLoad, of group: EndpointGroup, at now: MeshInstant) {
        let validity = CountedLoad.validity(of: group.members.count)
        removeAll { $0.group == ObjectIdentifier(group) }
        append(CountedLoad(group: ObjectIdentifier(group), load: load, dueAt: now.advanced(by: validity)))
    }

    /// A call to a group begins.
    mutating func begin(in group: EndpointGroup) {
        let identity = ObjectIdentifier(group)
        if let index = firstIndex(where: { $0.group == identity }) { self[index].load.begin() }
    }
}
