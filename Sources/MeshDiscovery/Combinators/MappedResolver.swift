public import MeshCore

/// A resolver whose sets are another one's, changed by a function.
public struct MappedResolver: Resolver {
    private let base: any Resolver
    private let transform: @Sendable (EndpointSet) -> EndpointSet

    init(_ base: any Resolver, _ transform: @escaping @Sendable (EndpointSet) -> EndpointSet) {
        self.base = base
        self.transform = transform
    }

    /// The other resolver's answers, changed.
    public func resolutions() -> Resolutions {
        Resolutions(base: base, transform: transform)
    }

    /// Passes the hint on.
    public func refresh() {
        base.refresh()
    }
}

extension Resolver {
    /// Changes every set: adds what discovery does not know, keeps a part, reorders.
    ///
    /// Failures pass unchanged. Sets that are equal after the change are yielded once.
    ///
    /// - Parameter transform: Called once for each set, in the task that iterates.
    public func map(_ transform: @escaping @Sendable (EndpointSet) -> EndpointSet) -> MappedResolver {
        MappedResolver(self, transform)
    }

    /// Changes every endpoint: another port, an expected identity, a weight from its metadata.
    ///
    /// Where two endpoints share an address afterwards the first counts.
    public func mapEndpoints(_ transform: @escaping @Sendable (Endpoint) -> Endpoint) -> MappedResolver {
        map { EndpointSet($0.endpoints.lazy.map(transform)) }
    }

    /// Keeps the endpoints that satisfy `isIncluded`: those of one version, those of this region.
    ///
    /// A set of which nothing is left is yielded as an empty one.
    public func filterEndpoints(_ isIncluded: @escaping @Sendable (Endpoint) -> Bool) -> MappedResolver {
        map { EndpointSet($0.endpoints.lazy.filter(isIncluded)) }
    }
}

extension MappedResolver {
    /// The other resolver's answers, changed. Runs no task of its own.
    public struct Resolutions: AsyncSequence, Sendable {
        let base: any Resolver
        let transform: @Sendable (EndpointSet) -> EndpointSet

        /// Begins to resolve.
        public func makeAsyncIterator() -> AsyncIterator {
            func open(_ resolver: some Resolver) -> any AsyncIteratorProtocol<Resolution, Never> {
                resolver.resolutions().makeAsyncIterator()
            }
            return AsyncIterator(base: open(base), transform: transform)
        }

        /// Asks the other resolver's iterator and changes what it says.
        public struct AsyncIterator: AsyncIteratorProtocol {
            var base: any AsyncIteratorProtocol<Resolution, Never>
            let transform: @Sendable (EndpointSet) -> EndpointSet
            var last: Resolution?

            /// The next answer that differs from the last one; `nil` at the end.
            public mutating func next(isolation actor: isolated (any Actor)?) async -> Resolution? {
                while var resolution = await base.next(isolation: actor) {
                    if case .endpoints(let set) = resolution { resolution = .endpoints(transform(set)) }
                    guard resolution != last else { continue }
                    last = resolution
                    return resolution
                }
                return nil
            }
        }
    }
}
