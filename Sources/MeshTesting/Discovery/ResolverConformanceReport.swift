/// A rule that every resolver obeys.
public enum ResolverRule: String, Hashable, Sendable, CaseIterable {
    /// Each iteration begins with the current answer.
    case beginsWithTheCurrentAnswer
    /// Every change is yielded as the whole set.
    case yieldsWholeSets
    /// Equal sets in a row are yielded once.
    case yieldsEqualSetsOnce
    /// A source that knows nobody is an empty set, not a failure.
    case emptyIsAnAnswer
    /// A failing source is an element, and the sequence goes on.
    case failuresAreElements
    /// After a recovery the set is yielded even if it has not changed.
    case announcesRecovery
    /// A failing source at the start is an element, too.
    case survivesFailingAtTheStart
    /// Iterations do not take elements from each other, nor does the end of one end another.
    case iterationsAreIndependent
    /// A slow reader gets the newest answer.
    case slowReadersGetTheNewest
    /// Cancelling the iterating task ends the iteration.
    case endsWhenCancelled
    /// What an iteration held is free after it was cancelled.
    case freesResourcesWhenCancelled
    /// What an iteration held is free after it was dropped.
    case freesResourcesWhenDropped
}

/// Which rules hold for a resolver.
public struct ResolverConformanceReport: Sendable {
    /// A rule that does not hold.
    public struct Violation: Hashable, Sendable, CustomStringConvertible {
        /// The rule.
        public let rule: ResolverRule
        /// What was expected, and what happened.
        public let what: String

        /// The rule and what happened.
        public var description: String { "\(rule): \(what)" }
    }

    /// A rule that could not be checked.
    public struct Skip: Hashable, Sendable {
        /// The rule.
        public let rule: ResolverRule
        /// The lever that is missing.
        public let why: String
    }

    /// The rules that hold.
    public var passed: [ResolverRule] = []
    /// The rules that could not be checked.
    public var skipped: [Skip] = []
    /// The rules that do not hold.
    public var violations: [Violation] = []
}

/// A resolver does not obey the rules of the `Resolver` protocol.
public struct ResolverConformanceError: Error, Sendable, CustomStringConvertible {
    /// The rules that do not hold.
    public let violations: [ResolverConformanceReport.Violation]

    /// One line for each rule.
    public var description: String {
        "the resolver violates \(violations.count) of \(ResolverRule.allCases.count) rules:\n"
            + violations.map { "- \($0)" }.joined(separator: "\n")
    }
}
