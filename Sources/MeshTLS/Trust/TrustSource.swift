#if TLS
/// Where trust bundles come from, and the next ones when roots are rotated.
///
/// Each delivery is everything that the source vouches for at that moment: a trust domain that is missing in it is not
/// trusted any longer. The bundles of several sources add up, and each source's last good ones stay in force while it
/// fails. The other rules are those of ``IdentitySource``.
public protocol TrustSource: Sendable {
    /// Delivers bundles and failures until the task is cancelled.
    func run(_ deliver: @escaping @Sendable (Result<[TrustBundle], any Error>) -> Void) async
}

/// Bundles that do not change.
public struct FixedTrustSource: TrustSource {
    private let bundles: [TrustBundle]

    /// Creates a source of some bundles.
    public init(_ bundles: [TrustBundle]) {
        self.bundles = bundles
    }

    /// Delivers the bundles.
    public func run(_ deliver: @escaping @Sendable (Result<[TrustBundle], any Error>) -> Void) async {
        deliver(.success(bundles))
    }
}

extension TrustSource where Self == FixedTrustSource {
    /// Bundles that do not change.
    public static func fixed(_ bundles: [TrustBundle]) -> Self { FixedTrustSource(bundles) }
}
#endif
