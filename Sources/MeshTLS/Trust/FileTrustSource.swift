#if TLS
public import MeshCore

/// A trust bundle in a PEM file, read again whenever it changes; watched as a ``FileIdentitySource`` watches.
///
/// To rotate a root write a file with the old and the new one, wait until every service has loaded it, issue from the new
/// one, and when nothing from the old one is valid any more, write the file with the new one alone.
public struct FileTrustSource: TrustSource {
    private let watching: FileWatching<[TrustBundle]>

    /// Creates a source.
    ///
    /// - Parameters:
    ///   - path: The path of a PEM file with the roots.
    ///   - scope: For which names they vouch.
    ///   - refresh: When the file is looked at.
    ///   - clock: What measures the time between two looks.
    ///   - random: Where the jitter comes from.
    public init(
        _ path: String,
        for scope: TrustBundle.Scope,
        refresh: RefreshPolicy = RefreshPolicy(),
        clock: MeshClock = .continuous,
        random: RandomSource = RandomSource()
    ) {
        watching = FileWatching(
            paths: [path],
            policy: refresh,
            clock: clock,
            wallClock: WallTime.now,
            random: random,
            read: { [try TrustBundle(scope, pem: $0[0])] },
            validity: { _ in nil }
        )
    }

    /// Watches the file until the task is cancelled.
    public func run(_ deliver: @escaping @Sendable (Result<[TrustBundle], any Error>) -> Void) async {
        await watching.run(deliver)
    }
}

extension TrustSource where Self == FileTrustSource {
    /// A trust bundle in a PEM file, read again whenever it changes.
    public static func file(
        _ path: String,
        for scope: TrustBundle.Scope,
        refresh: RefreshPolicy = RefreshPolicy()
    ) -> Self {
        FileTrustSource(path, for: scope, refresh: refresh)
    }
}
#endif
