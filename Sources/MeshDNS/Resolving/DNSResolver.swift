public import MeshCore
public import MeshDiscovery

/// Finds endpoints by DNS: the addresses of a name, or the services that SRV records list.
///
/// ```swift
/// try DNSResolver(Target("dns:///users.prod.svc:8080"))
/// try DNSResolver(Target("dns+srv:///_http._tcp.users.prod"))
/// try DNSResolver(Target("dns://127.0.0.1:5353/users.prod:8080"))
/// ```
///
/// **Names** are completed by the search domains of the configuration, unless they end in a dot. `localhost`, entries of
/// the hosts file and addresses in place of the name need no server. With an authority (one server, or several with
/// commas between them) only that is asked, and neither search domains nor the hosts file count.
///
/// **Addresses.** A and AAAA are asked for at the same time. If one family cannot be found out, the other is used, with the
/// last known addresses of the first.
///
/// **Services.** Each address of each target of the SRV records is an endpoint with the port and the weight of its record.
/// The lowest priority becomes 0, the next 1, and so on. Records of weight 0 get the very small share that RFC 2782 gives
/// them beside others, and equal shares among themselves. The target is in the metadata as `dns.target`. Addresses that
/// come along in the additional section are used; the others are asked for.
///
/// **Time.** Asks again when the first part of the answer has used up 90 to 100 % of its TTL, at most once per
/// ``DNSPolicy/shortestLifetime``; sooner after ``refresh()``. Parts that hold longer come from the cache.
///
/// **No** (NXDOMAIN, no such records, an SRV record that points at the root) is the empty set. A server that cannot be
/// reached or answers SERVFAIL or REFUSED is a failure, which names each server and what it said, and is tried again with
/// backoff.
public final class DNSResolver: Resolver {
    let target: DNSTarget
    let client: DNSClient
    let random: RandomSource
    let signal = RefreshSignal()

    /// Creates a resolver that asks through `client`, so that several share its cache.
    ///
    /// - Parameters:
    ///   - target: What to ask for. An authority in it makes a client of its own, with the policy of `client`.
    ///   - client: Whom to ask.
    ///   - random: Where jitter comes from.
    /// - Throws: `InvalidTargetError` if the scheme is neither `dns` nor `dns+srv`, the name is none, the port is missing
    ///   (or there is one beside SRV), the authority is no address of a server, or there is a query.
    public init(
        _ target: Target,
        client: DNSClient,
        random: RandomSource = RandomSource()
    ) throws(InvalidTargetError) {
        let target = try DNSTarget(target)
        self.target = target
        self.client = target.servers.isEmpty ? client : client.asking(.fixed(DNSConfiguration(servers: target.servers)))
        self.random = random
    }

    /// Begins to ask. See ``DNSResolver`` for when.
    ///
    /// Nothing runs between two calls of the iterator's `next()`: an iteration that nobody reads asks nobody.
    public func resolutions() -> Resolutions {
        Resolutions(resolver: self)
    }

    /// Makes every iteration ask its servers again, past the cache: at once, or as soon as
    /// ``DNSPolicy/refreshInterval`` has passed since it asked last.
    public func refresh() {
        signal.raise()
    }
}

extension DNSResolver {
    /// The answers of a ``DNSResolver``.
    public struct Resolutions: AsyncSequence, Sendable {
        let resolver: DNSResolver

        /// Begins afresh.
        public func makeAsyncIterator() -> AsyncIterator {
            AsyncIterator(resolver)
        }

        /// One iteration over the answers.
        public struct AsyncIterator: AsyncIteratorProtocol {
            private let resolver: DNSResolver
            private var schedule: ResolutionSchedule
            private var generator: SplitMix64
            private var lookup: EndpointLookup
            private var seenRefreshes: UInt64
            private var last: Resolution?
            private var isOver = false

            init(_ resolver: DNSResolver) {
                self.resolver = resolver
                schedule = ResolutionSchedule(policy: resolver.client.policy)
                generator = resolver.random.makeGenerator()
                lookup = EndpointLookup(client: resolver.client)
                seenRefreshes = resolver.signal.generation
            }

            /// The next answer that differs from the last one; `nil` once the task is cancelled.
            public mutating func next(isolation actor: isolated (any Actor)?) async -> Resolution? {
                while !isOver, await isDue() {
                    let resolution: Resolution
                    do {
                        resolution = try await resolve()
                    } catch {
                        break
                    }
                    guard resolution != last else { continue }
                    last = resolution
                    return resolution
                }
                isOver = true
                return nil
            }
        }
    }
}

extension DNSResolver.Resolutions.AsyncIterator {
    /// Waits until it is time to ask; `false` if the task is cancelled before.
    private mutating func isDue() async -> Bool {
        let clock = resolver.client.clock
        while !Task.isCancelled {
            let generation = resolver.signal.generation
            if generation != seenRefreshes {
                seenRefreshes = generation
                schedule.doubt(at: clock.now)
            }
            guard clock.now < schedule.due else { return true }
            await withTaskGroup { [signal = resolver.signal, due = schedule.due, seenRefreshes] group in
                group.addTask { try? await clock.sleep(until: due) }
                group.addTask { await signal.wait(beyond: seenRefreshes) }
                await group.next()
                group.cancelAll()
            }
        }
        return false
    }

    /// - Throws: `CancellationError`.
    private mutating func resolve() async throws -> Resolution {
        let clock = resolver.client.clock
        do {
            let found: EndpointLookup.Found
            switch resolver.target.subject {
            case .literal(let address):
                isOver = true
                return .endpoints([Endpoint(address)])
            case .addresses(let name, let port):
                found = try await lookup.addresses(of: name, port: port, schedule.freshness)
            case .services(let name):
                found = try await lookup.services(name, schedule.freshness)
            }
            schedule.succeeded(found.parts, completeness: found.completeness, at: clock.now, random: &generator)
            return .endpoints(found.endpoints)
        } catch let error as DNSLookupError {
            schedule.failed(at: clock.now, random: &generator)
            return .failure(ResolutionError(source: "DNS \(error.question)", reason: error.reason))
        }
    }
}
