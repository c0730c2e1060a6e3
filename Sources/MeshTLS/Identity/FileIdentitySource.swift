#if TLS
public import MeshCore

/// An identity in PEM files, read again whenever they change.
///
/// **Watching.** The files are read about every ``RefreshPolicy/interval``, through links that are followed anew, and their
/// contents compared. A change counts once a second look has seen it, too: a file that is being written, a new certificate
/// beside an old key and the swap of `..data` with which Kubernetes updates a mounted secret are never taken half-way.
///
/// **Bad files.** A file that is missing, larger than 1 MiB or wrong is a failure that names it; the last good identity
/// stays in force.
///
/// **Cost.** Two small files are read for each look, on the global executor.
public struct FileIdentitySource: IdentitySource {
    private let watching: FileWatching<TLSIdentity>

    /// Creates a source.
    ///
    /// - Parameters:
    ///   - certificateChain: The path of a PEM file with the leaf and whatever leads to a root.
    ///   - privateKey: The path of a PEM file with the key; may be the same file.
    ///   - refresh: When the files are looked at.
    ///   - clock: What measures the time between two looks.
    ///   - random: Where the jitter comes from.
    public init(
        certificateChain: String,
        privateKey: String,
        refresh: RefreshPolicy = RefreshPolicy(),
        clock: MeshClock = .continuous,
        random: RandomSource = RandomSource()
    ) {
        self.init(
            certificateChain: certificateChain,
            privateKey: privateKey,
            refresh: refresh,
            clock: clock,
            random: random,
            wallClock: WallTime.now
        )
    }

    init(
        certificateChain: String,
        privateKey: String,
        refresh: RefreshPolicy,
        clock: MeshClock,
        random: RandomSource,
        wallClock: @escaping @Sendable () -> WallTime
    ) {
        watching = FileWatching(
            paths: [certificateChain, privateKey],
            policy: refresh,
            clock: clock,
            wallClock: wallClock,
            random: random,
            read: { try TLSIdentity(certificateChain: $0[0], privateKey: $0[1]) },
            validity: \.validity
        )
    }

    /// Watches the files until the task is cancelled.
    public func run(_ deliver: @escaping @Sendable (Result<TLSIdentity, any Error>) -> Void) async {
        await watching.run(deliver)
    }
}

extension IdentitySource where Self == FileIdentitySource {
    /// An identity in PEM files, read again whenever they change.
    public static func files(
        certificateChain: String,
        privateKey: String,
        refresh: RefreshPolicy = RefreshPolicy()
    ) -> Self {
        FileIdentitySource(certificateChain: certificateChain, privateKey: privateKey, refresh: refresh)
    }
}
#endif
