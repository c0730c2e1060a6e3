import MeshCore

/// A resolver that knows what two others know together.
public struct MergedResolver: Resolver {
    private let bases: [any Resolver]

    init(_ bases: [any Resolver]) {
        self.bases = bases
    }

    /// The union of the last good sets of both, whenever it changes.
    public func resolutions() -> ResolutionStream {
        ResolutionStream { [bases] yield in
            var answers = MergedAnswers(count: bases.count)
            var silent = Set(bases.indices)
            // No alarm is ever set, so the clock is not slept on.
            await follow(bases, clock: .continuous) { news, _ in
                for (source, news) in news {
                    switch news {
                    case .answer(let resolution): yield(answers.receive(resolution, from: source))
                    case .end where silent.contains(source):
                        yield(answers.receive(.endedSilently(bases[source]), from: source))
                    case .end: break
                    }
                    silent.remove(source)
                }
                return nil
            }
        }
    }

    /// Passes the hint on to both.
    public func refresh() {
        for base in bases { base.refresh() }
    }
}

extension Resolver {
    /// The union of what this resolver and `other` know: two clusters of one service, a migration from one registry to
    /// another.
    ///
    /// - The union consists of the last good set of each. It is yielded as soon as one has answered, and grows when the
    ///   other does. Where both know an address, this resolver's endpoint counts.
    /// - While one fails and the other does not, the last good set of the failing one stays part of the union, and its
    ///   failure is not yielded. A failure is yielded when no source works.
    ///
    /// Each iteration runs both resolvers, in tasks that end with it.
    public func merged(with other: any Resolver) -> MergedResolver {
        MergedResolver([self, other])
    }
}
