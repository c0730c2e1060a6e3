public import MeshCore

/// A fixed set of endpoints: yields it once and ends.
///
/// ```swift
/// try StaticResolver(Target("static:///10.0.0.1:80;weight=3,10.0.0.2:80"))
/// try StaticResolver([Endpoint(Address("10.0.0.1:80"), weight: 3)])
/// ```
public struct StaticResolver: Resolver {
    /// The set.
    public let endpoints: EndpointSet

    /// Creates a resolver that always answers `endpoints`.
    public init(_ endpoints: EndpointSet) {
        self.endpoints = endpoints
    }

    /// Creates a resolver from endpoints; where two share an address the first counts.
    public init(_ endpoints: some Sequence<Endpoint>) {
        self.init(EndpointSet(endpoints))
    }

    /// Creates a resolver from a `static:` target.
    ///
    /// The path is a list of addresses as `Address` reads them, with commas between them. Behind an address may stand
    /// parameters, each with a semicolon in front:
    ///
    /// | parameter | meaning | default |
    /// |---|---|---|
    /// | `weight` | `Endpoint.weight`, 0 to 4294967295 | 1 |
    /// | `priority` | `Endpoint.priority`, 0 to 4294967295 | 0 |
    /// | `region`, `zone`, `subZone` | the parts of the locality | unknown |
    ///
    /// `static:///10.0.0.1:80;weight=3;zone=a,[2001:db8::1]:80,unix:/run/users.sock`. There is no escape for a comma or
    /// a semicolon: a Unix socket with one in its path needs the initialiser that takes endpoints.
    ///
    /// - Throws: `InvalidTargetError` if the scheme is another one, the target has an authority or a query, or an entry
    ///   is empty, no address, listed twice, or has a parameter that is unknown, repeated or out of range.
    public init(_ target: Target) throws(InvalidTargetError) {
        func invalid(_ reason: String) -> InvalidTargetError {
            InvalidTargetError(text: target.description, reason: reason)
        }
        guard target.scheme == "static" else { throw invalid("a static target begins with static:///") }
        guard target.authority.isEmpty else {
            throw invalid("a static target has no authority; write static:///\(target.authority)")
        }
        guard target.query.isEmpty else {
            throw invalid("a static target has no query; parameters stand behind an address: HOST:PORT;weight=2")
        }
        var endpoints: [Endpoint] = []
        var seen: Set<Address> = []
        for entry in target.path.split(separator: ",", omittingEmptySubsequences: false) {
            let endpoint: Endpoint
            do throws(EntryError) {
                endpoint = try Self.endpoint(entry)
            } catch {
                throw invalid(error.reason)
            }
            guard seen.insert(endpoint.address).inserted else { throw invalid("\(endpoint.address) is listed twice") }
            endpoints.append(endpoint)
        }
        self.init(EndpointSet(endpoints))
    }

    /// The set, and then the end.
    public func resolutions() -> Resolutions {
        Resolutions(endpoints: endpoints)
    }
}

extension StaticResolver: ExpressibleByArrayLiteral {
    /// Creates a resolver from endpoints; where two share an address the first counts.
    public init(arrayLiteral elements: Endpoint...) {
        self.init(EndpointSet(elements))
    }
}

extension StaticResolver {
    /// One element.
    public struct Resolutions: AsyncSequence, Sendable {
        let endpoints: EndpointSet

        /// Begins at the only element.
        public func makeAsyncIterator() -> AsyncIterator {
            AsyncIterator(endpoints: endpoints)
        }

        /// Yields the set once.
        public struct AsyncIterator: AsyncIteratorProtocol {
            var endpoints: EndpointSet?

            /// The set, then `nil`. Never suspends.
            public mutating func next(isolation actor: isolated (any Actor)?) async -> Resolution? {
                guard !Task.isCancelled, let endpoints else { return nil }
                self.endpoints = nil
                return .endpoints(endpoints)
            }
        }
    }
}

extension StaticResolver {
    private struct EntryError: Error {
        let reason: String
    }

    private static func endpoint(_ entry: Substring) throws(EntryError) -> Endpoint {
        let parts = entry.split(separator: ";", omittingEmptySubsequences: false)
        guard let first = parts.first, !first.isEmpty else {
            throw EntryError(reason: "there is an empty entry in the list of addresses")
        }
        var endpoint: Endpoint
        do {
            endpoint = Endpoint(try Address(String(first)))
        } catch {
            throw EntryError(reason: "\(error)")
        }
        var seen: Set<Substring> = []
        for parameter in parts.dropFirst() {
            let pair = parameter.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard pair.count == 2, !pair[1].isEmpty else {
                throw EntryError(reason: "\"\(parameter)\" behind \(first) is not NAME=VALUE")
            }
            guard seen.insert(pair[0]).inserted else {
                throw EntryError(reason: "\"\(pair[0])\" appears twice behind \(first)")
            }
            try apply(pair[0], String(pair[1]), to: &endpoint)
        }
        return endpoint
    }

    private static func apply(_ name: Substring, _ value: String, to endpoint: inout Endpoint) throws(EntryError) {
        func number() throws(EntryError) -> UInt32 {
            guard value.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = UInt32(value) else {
                throw EntryError(
                    reason: "\(name) of \(endpoint.address) is \"\(value)\", not an integer from 0 to \(UInt32.max)"
                )
            }
            return number
        }
        switch name {
        case "weight": endpoint.weight = try number()
        case "priority": endpoint.priority = try number()
        case "region": endpoint.locality = endpoint.locality.with(\.region, value)
        case "zone": endpoint.locality = endpoint.locality.with(\.zone, value)
        case "subZone": endpoint.locality = endpoint.locality.with(\.subZone, value)
        default:
            throw EntryError(
                reason: "\"\(name)\" behind \(endpoint.address) is unknown; "
                    + "there are weight, priority, region, zone and subZone"
            )
        }
    }
}

extension Locality? {
    fileprivate func with(_ part: WritableKeyPath<Locality, String>, _ value: String) -> Locality {
        var locality = self ?? Locality()
        locality[keyPath: part] = value
        return locality
    }
}
