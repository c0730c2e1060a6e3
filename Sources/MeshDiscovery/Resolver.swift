public import MeshCore

/// Finds out who can serve a name, and keeps finding out.
///
/// ``resolutions()`` yields a ``Resolution`` whenever the answer changes. The rules, which `ResolverConformance` in
/// `MeshTesting` checks:
///
/// 1. **Snapshots.** Every `.endpoints` element is the whole set. Equal sets in a row are yielded once.
/// 2. **Errors are elements.** A source that fails yields `.failure` and goes on trying, with backoff; the sequence
///    does not end because of it. The consumer keeps the last good set. Once the source has recovered, its set is
///    yielded even if it equals the one before the failure: that is how a consumer learns of the recovery.
/// 3. **Empty is an answer.** `.endpoints(.empty)` says that the source knows of nobody. A source that could not be
///    asked, or whose answer makes no sense, yields `.failure` instead. What an empty set does to a working one is up
///    to ``Stabilization``.
/// 4. **Re-iteration.** Every call of ``resolutions()`` begins afresh, with the current answer first, independent of
///    other iterations. It may take that answer from a cache that is still valid.
/// 5. **The end.** The sequence ends when the task that iterates it is cancelled, or when it is dropped, and frees
///    what it holds: no task, descriptor or socket outlives it. A source that can never change may end after its only
///    element.
/// 6. **Only the newest matters.** A slow consumer may miss elements in between, never the last.
///
/// ``ResolutionStream`` takes care of rules 1, 4, 5 and 6 for a source that is an asynchronous function.
public protocol Resolver: Sendable {
    /// The answers, as they change.
    associatedtype Resolutions: AsyncSequence, Sendable
    where Resolutions.Element == Resolution, Resolutions.Failure == Never

    /// Begins to resolve.
    func resolutions() -> Resolutions

    /// A hint that the current answer is doubted, because an endpoint refused a connection for instance. A resolver
    /// may ask its source sooner than planned; it must not ask for every hint.
    func refresh()
}

extension Resolver {
    /// Ignores the hint.
    public func refresh() {}
}

/// An answer of a resolver.
public enum Resolution: Hashable, Sendable {
    /// The whole set of endpoints as of now.
    case endpoints(EndpointSet)
    /// The source could not be asked, or its answer made no sense.
    case failure(ResolutionError)
}

/// Why a source of endpoints gave no answer.
public struct ResolutionError: Error, Hashable, CustomStringConvertible {
    /// The source: a file's path, a DNS name and the server that was asked, a target.
    public let source: String
    /// What went wrong, in a phrase for a person.
    public let reason: String

    /// Creates the error.
    public init(source: String, reason: String) {
        self.source = source
        self.reason = reason
    }

    /// The source and the reason.
    public var description: String { "\(source): \(reason)" }
}
