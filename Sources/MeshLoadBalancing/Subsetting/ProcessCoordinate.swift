public import MeshCore

/// Where this instance stands among all instances of its service: the third of a hundred.
///
/// Finagle's process coordinate. From configuration (the ordinal of a Kubernetes `StatefulSet` and its number of replicas), or
/// from discovery of the own service:
///
/// ```swift
/// if let coordinate = ProcessCoordinate(of: own, among: instances) { balancer.update(coordinate) }
/// ```
public struct ProcessCoordinate: Hashable, Sendable, CustomStringConvertible {
    /// The number of this instance, from 0.
    public let instance: Int
    /// How many instances there are: 1 to 1,048,576.
    public let instances: Int

    /// The most instances that are told apart.
    public static let limit = 1 << 20

    /// Creates a coordinate.
    ///
    /// - Throws: ``InvalidCoordinateError`` unless `instances` is between 1 and 1,048,576 and `instance` between 0 and
    ///   one less.
    public init(instance: Int, of instances: Int) throws(InvalidCoordinateError) {
        guard (1...Self.limit).contains(instances) else {
            throw InvalidCoordinateError(instance: instance, instances: instances, reason: .instances)
        }
        guard (0..<instances).contains(instance) else {
            throw InvalidCoordinateError(instance: instance, instances: instances, reason: .instance)
        }
        self.instance = instance
        self.instances = instances
    }

    /// - Precondition: There is such an instance.
    init(unchecked instance: Int, of instances: Int) {
        self.instance = instance
        self.instances = instances
    }

    /// The coordinate of the instance at `address`, counted in the order of the addresses' text, so that all instances that
    /// see the same set count alike; `nil` if it is not in the set, or the set has more than 1,048,576.
    ///
    /// - Complexity: O(n)
    public init?(of address: Address, among set: EndpointSet) {
        let own = "\(address)"
        guard set.count <= Self.limit, set.endpoints.contains(where: { $0.address == address }) else { return nil }
        instance = set.endpoints.count { "\($0.address)" < own }
        instances = set.count
    }

    /// `3 of 100`, from 0.
    public var description: String { "\(instance) of \(instances)" }
}

/// A number that is not of an instance.
public struct InvalidCoordinateError: Error, Hashable, CustomStringConvertible {
    /// Which of the two numbers cannot be.
    public enum Reason: Hashable, Sendable {
        /// The number of this instance is not below that of all.
        case instance
        /// The number of instances is not between 1 and ``ProcessCoordinate/limit``.
        case instances
    }

    /// The number that was given for the instance.
    public let instance: Int
    /// The number that was given for all of them.
    public let instances: Int
    /// Which of the two cannot be.
    public let reason: Reason

    /// A sentence for a person.
    public var description: String {
        switch reason {
        case .instance: "there is no instance \(instance) among \(instances): they are numbered from 0"
        case .instances: "\(instances) is not a number of instances (1 to \(ProcessCoordinate.limit))"
        }
    }
}
