public import MeshCore

/// A resolver that uses another one while its own source is out of order.
public struct FallbackResolver: Resolver {
    private let first: any Resolver
    private let other: any Resolver
    private let grace: Duration
    private let clock: MeshClock

    init(_ first: any Resolver, _ other: any Resolver, grace: Duration, clock: MeshClock) {
        self.first = first
        self.other = other
        self.grace = grace
        self.clock = clock
    }

    /// The answers of the one in use.
    public func resolutions() -> ResolutionStream {
        ResolutionStream { [self] yield in
            var selection = FallbackSelection(grace: grace, startingAt: clock.now)
            var firstHasSpoken = false
            await follow([first, other], clock: clock) { news, now in
                for (source, news) in news {
                    let answers =
                        switch (source, news) {
                        case (0, .answer(let resolution)): selection.receiveFirst(resolution, at: now)
                        case (0, .end) where !firstHasSpoken: selection.receiveFirst(.endedSilently(first), at: now)
                        case (_, .answer(let resolution)): selection.receiveOther(resolution, at: now)
                        case (_, .end): [Resolution]()
                        }
                    if source == 0 { firstHasSpoken = true }
                    for answer in answers { yield(answer) }
                }
                for answer in selection.settle(at: now) { yield(answer) }
                return selection.alarm
            }
        }
    }

    /// Passes the hint on to both.
    public func refresh() {
        first.refresh()
        other.refresh()
    }
}

extension Resolver {
    /// Uses `other` while this resolver is out of order, and returns as soon as it has recovered.
    ///
    /// - If this resolver fails before its first good answer, `other` is used at once.
    /// - If it says nothing, `other` is used `grace` after the start.
    /// - If it fails after a good answer, its failure is yielded at once, so that the last good set stays in force;
    ///   `other` is used if it has not recovered `grace` later. The set of a moment ago is mostly better than the
    ///   fallback, which is why gRPC, too, falls back only where nothing is cached (gRFC A71).
    /// - An empty set is an answer, not a failure.
    /// - While `other` is in use its failures are yielded. As long as it has no answer nothing replaces the last good
    ///   set.
    ///
    /// Each iteration runs both resolvers all the time, so that the fallback is warm, in tasks that end with it.
    ///
    /// - Parameters:
    ///   - other: Whom to ask instead.
    ///   - grace: How long this resolver may be without a good answer; 5 s by default, zero for "at once".
    ///   - clock: What measures `grace`.
    /// - Precondition: `grace` is not negative.
    public func fallback(
        to other: any Resolver,
        after grace: Duration = .seconds(5),
        clock: MeshClock = .continuous
    ) -> FallbackResolver {
        precondition(grace >= .zero, "the grace period of a fallback must not be negative")
        return FallbackResolver(self, other, grace: grace, clock: clock)
    }
}

extension Resolution {
    /// What it means if a resolver ends without ever having answered, which its rules do not allow.
    static func endedSilently(_ resolver: any Resolver) -> Resolution {
        .failure(ResolutionError(source: "\(type(of: resolver))", reason: "the resolver ended without an answer"))
    }
}
