#if TLS
/// Where an identity comes from, and the next one when it is renewed.
///
/// Rules for conformers:
///
/// 1. ``run(_:)`` delivers an identity as soon as there is one, and again whenever it changes, until its task is
///    cancelled or there will be no other.
/// 2. It delivers a failure when one begins or changes, not each time a look finds the same one. Whoever listens keeps the
///    last good identity.
/// 3. It delivers from one task at a time, oldest first.
public protocol IdentitySource: Sendable {
    /// Delivers identities and failures until the task is cancelled.
    func run(_ deliver: @escaping @Sendable (Result<TLSIdentity, any Error>) -> Void) async
}

/// An identity that does not change.
public struct FixedIdentitySource: IdentitySource {
    private let identity: TLSIdentity

    /// Creates a source of one identity.
    public init(_ identity: TLSIdentity) {
        self.identity = identity
    }

    /// Delivers the identity.
    public func run(_ deliver: @escaping @Sendable (Result<TLSIdentity, any Error>) -> Void) async {
        deliver(.success(identity))
    }
}

extension IdentitySource where Self == FixedIdentitySource {
    /// An identity that does not change.
    public static func fixed(_ identity: TLSIdentity) -> Self { FixedIdentitySource(identity) }
}
#endif
