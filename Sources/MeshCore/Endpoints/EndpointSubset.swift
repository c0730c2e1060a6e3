/// The endpoints of a service that carry certain metadata: `version` is `v2`.
///
/// A call asks for one in its ``CallContext/subset``.
public struct EndpointSubset: Hashable, Sendable, CustomStringConvertible {
    /// What an endpoint's metadata must hold.
    public let metadata: [String: String]

    /// Creates a subset of the endpoints with all of these values.
    public init(_ metadata: [String: String]) {
        self.metadata = metadata
    }

    /// The keys.
    public var keys: Set<String> { Set(metadata.keys) }

    /// `stage=canary, version=v2`.
    public var description: String {
        metadata.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ", ")
    }
}

extension EndpointSubset: ExpressibleByDictionaryLiteral {
    /// Creates a subset of the endpoints with all of these values.
    public init(dictionaryLiteral elements: (String, String)...) {
        self.init(Dictionary(elements) { _, last in last })
    }
}
