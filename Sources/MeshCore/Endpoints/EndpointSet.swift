/// The endpoints of a service at one moment: ordered, without duplicates.
public struct EndpointSet: Hashable, Sendable {
    /// The endpoints in the order in which their source listed them.
    public let endpoints: [Endpoint]

    /// Creates a set. Where two endpoints share an address the first counts, as in Envoy.
    ///
    /// - Complexity: O(n)
    public init(_ endpoints: some Sequence<Endpoint>) {
        // A loop over an array is specialised; over a sequence of another module it is not, and costs twice as much.
        let list = Array(endpoints)
        var seen: Set<Address> = []
        seen.reserveCapacity(list.count)
        for endpoint in list { seen.insert(endpoint.address) }
        guard seen.count < list.count else {
            self.endpoints = list
            return
        }
        seen.removeAll(keepingCapacity: true)
        self.endpoints = list.filter { seen.insert($0.address).inserted }
    }

    /// The set without endpoints.
    public static let empty = EndpointSet([])

    /// Whether there is no endpoint.
    public var isEmpty: Bool { endpoints.isEmpty }

    /// The number of endpoints.
    public var count: Int { endpoints.count }
}

extension EndpointSet: ExpressibleByArrayLiteral {
    /// Creates a set from endpoints.
    public init(arrayLiteral elements: Endpoint...) {
        self.init(elements)
    }
}
