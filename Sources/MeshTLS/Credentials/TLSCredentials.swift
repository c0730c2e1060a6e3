#if TLS
public import MeshCore
import Synchronization
import X509

/// Who we are and whom we trust, kept up to date: what ``ClientTLS`` and ``ServerTLS`` of one process share.
///
/// ```swift
/// let credentials = TLSCredentials(
///     identity: .files(certificateChain: "/run/tls/svid.pem", privateKey: "/run/tls/key.pem"),
///     trust: [.file("/run/tls/bundle.pem", for: .trustDomain("prod.example"))]
/// )
/// credentials.start()
/// try await credentials.ready()
/// ```
///
/// **Rotation.** A new identity or bundle counts from the next handshake on. Connections that are open stay as they are:
/// give them an age limit if a root has to go.
///
/// **Failure.** While a source fails, its last good identity or bundles stay in force, and an event says so.
///
/// **Cost.** One task for each source and one that watches the expiry, from ``start()`` to ``shutdown()``.
public final class TLSCredentials: Sendable {
    private struct State {
        var identity: TLSIdentity?
        var identityGeneration = 0
        var bundles: [Int: [TrustBundle]] = [:]
        var anchors = TrustAnchors([])
        var trustGeneration = 0
        /// The sources that have not answered yet, and what the others failed with while nothing of theirs was in force.
        var silent: Set<Int> = []
        var failures: [Int: any Error] = [:]
        /// The sources whose last answer was a failure.
        var failing: Set<Int> = []
        /// Nobody follows the sources any more.
        var hasStopped = false
        var waiters: [Int: CheckedContinuation<Void, any Error>] = [:]
        var nextWaiter = 0
        var runner: Task<Void, Never>?

        /// `nil` while there is a source to wait for.
        var readiness: Result<Void, any Error>? {
            guard silent.isEmpty else { return nil }
            return failures.min { $0.key < $1.key }.map { .failure($0.value) } ?? .success(())
        }

        mutating func takeWaiters() -> [CheckedContinuation<Void, any Error>] {
            defer { waiters = [:] }
            return Array(waiters.values)
        }
    }

    private static let identityIndex = -1

    private let identitySource: (any IdentitySource)?
    private let trustSources: [any TrustSource]
    private let clock: MeshClock
    private let wallClock: @Sendable () -> WallTime
    private let onEvent: @Sendable (TLSEvent) -> Void
    private let state: Mutex<State>

    /// Creates credentials. Nothing is read before ``start()``.
    ///
    /// - Parameters:
    ///   - identity: Where the identity comes from; `nil` for a client that shows none.
    ///   - trust: Where the bundles come from.
    ///   - clock: What measures the time to the expiry.
    ///   - onEvent: Told of everything that happens, on whatever thread it happens; it must return quickly.
    public convenience init(
        identity: (any IdentitySource)?,
        trust: [any TrustSource],
        clock: MeshClock = .continuous,
        onEvent: @escaping @Sendable (TLSEvent) -> Void = { _ in }
    ) {
        self.init(identity: identity, trust: trust, clock: clock, wallClock: WallTime.now, onEvent: onEvent)
    }

    init(
        identity: (any IdentitySource)?,
        trust: [any TrustSource],
        clock: MeshClock,
        wallClock: @escaping @Sendable () -> WallTime,
        onEvent: @escaping @Sendable (TLSEvent) -> Void
    ) {
        identitySource = identity
        trustSources = trust
        self.clock = clock
        self.wallClock = wallClock
        self.onEvent = onEvent
        var state = State()
        state.silent = Set(trust.indices)
        if identity != nil { state.silent.insert(Self.identityIndex) }
        self.state = Mutex(state)
    }

    /// The identity in force.
    public var identity: TLSIdentity? { state.withLock { $0.identity } }

    /// The bundles in force.
    public var bundles: [TrustBundle] {
        state.withLock { state in state.bundles.sorted { $0.key < $1.key }.flatMap(\.value) }
    }

    /// Begins to follow the sources, until ``shutdown()``. Does nothing if it has begun.
    public func start() {
        state.withLock { state in
            guard state.runner == nil else { return }
            state.hasStopped = false
            state.runner = Task { await self.run() }
        }
    }

    /// Stops following the sources, and returns when they have stopped. What was in force stays so, and ``start()`` begins
    /// anew.
    public func shutdown() async {
        let runner = state.withLock { state in
            defer { state.runner = nil }
            return state.runner
        }
        runner?.cancel()
        await runner?.value
        stopped()
    }

    /// Waits until every source has delivered, or failed to.
    ///
    /// - Throws: What the first source failed with that has delivered nothing good; a ``CredentialSourceError`` that names the
    ///   sources that have not answered, once nobody follows them any more; or `CancellationError`.
    public func ready() async throws {
        let id = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let answer: Result<Void, any Error>? = state.withLock { state in
                    if Task.isCancelled { return .failure(CancellationError()) }
                    if let answer = state.readiness { return answer }
                    if state.hasStopped { return .failure(self.silence(of: state.silent)) }
                    state.waiters[id] = continuation
                    return nil
                }
                if let answer { continuation.resume(with: answer) }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: id) }?.resume(throwing: CancellationError())
        }
    }

    /// Follows the sources until the task is cancelled: ``start()`` for those who have a task to give.
    public func run() async {
        state.withLock { $0.hasStopped = false }
        await withDiscardingTaskGroup { group in
            if let identitySource {
                group.addTask { await identitySource.run { self.identityArrived($0) } }
                group.addTask { await self.watchExpiry() }
            }
            for (index, source) in trustSources.enumerated() {
                group.addTask { await source.run { self.bundlesArrived($0, from: index) } }
            }
        }
        stopped()
    }

    /// What has not been answered by now will not be.
    private func stopped() {
        let (waiters, silent) = state.withLock { state in
            state.hasStopped = true
            return (state.takeWaiters(), state.silent)
        }
        for waiter in waiters { waiter.resume(throwing: silence(of: silent)) }
    }

    private func silence(of sources: Set<Int>) -> CredentialSourceError {
        let names = sources.sorted().map { index in
            index == Self.identityIndex
                ? "identity (\(identitySource.map { "\(type(of: $0))" } ?? "none"))"
                : "trust \(index + 1) (\(type(of: trustSources[index])))"
        }
        return CredentialSourceError(
            source: names.joined(separator: ", "),
            reason: "it ended, or was shut down, before it delivered anything"
        )
    }
}

extension TLSCredentials {
    /// What a handshake needs, as of one moment.
    struct Snapshot {
        let identity: TLSIdentity?
        /// Changes with the identity.
        let generation: Int
        let anchors: TrustAnchors
    }

    /// - Throws: ``TLSError`` while a source has delivered nothing.
    func snapshot() throws(TLSError) -> Snapshot {
        try state.withLock { state throws(TLSError) in
            if identitySource != nil, state.identity == nil {
                let cause = state.failures[Self.identityIndex].map { ": \($0)" } ?? " yet"
                throw TLSError(.noIdentity, "there is no identity\(cause)")
            }
            if state.bundles.isEmpty {
                let cause = state.failures.first { $0.key >= 0 }.map { ": \($0.value)" } ?? " yet"
                throw TLSError(.noTrust, "there is no trust bundle\(cause)")
            }
            return Snapshot(identity: state.identity, generation: state.identityGeneration, anchors: state.anchors)
        }
    }

    /// Changes with the bundles.
    var trustGeneration: Int { state.withLock { $0.trustGeneration } }

    func report(_ event: TLSEvent) {
        onEvent(event)
    }

    private func identityArrived(_ result: Result<TLSIdentity, any Error>) {
        let event: TLSEvent?
        switch result {
        case .success(let identity):
            let isNews = state.withLock { state in
                let hasRecovered = state.failing.remove(Self.identityIndex) != nil
                guard state.identity != identity else { return hasRecovered }
                state.identity = identity
                state.identityGeneration += 1
                return true
            }
            event = isNews ? .identityLoaded(identity) : nil
        case .failure(let error):
            event = .identityFailed(error)
        }
        answered(Self.identityIndex, with: result.map { _ in })
        if let event { onEvent(event) }
    }

    private func bundlesArrived(_ result: Result<[TrustBundle], any Error>, from index: Int) {
        let event: TLSEvent?
        switch result {
        case .success(let bundles):
            let isNews = state.withLock { state in
                let hasRecovered = state.failing.remove(index) != nil
                guard state.bundles[index] != bundles else { return hasRecovered }
                state.bundles[index] = bundles
                state.anchors = TrustAnchors(state.bundles.values.joined())
                state.trustGeneration += 1
                return true
            }
            event = isNews ? .trustLoaded(bundles) : nil
        case .failure(let error):
            event = .trustFailed(error)
        }
        answered(index, with: result.map { _ in })
        if let event { onEvent(event) }
    }

    private func answered(_ index: Int, with result: Result<Void, any Error>) {
        let (waiters, answer) = state.withLock { state in
            state.silent.remove(index)
            switch result {
            case .success: state.failures[index] = nil
            case .failure(let error):
                state.failing.insert(index)
                let hasGood = index == Self.identityIndex ? state.identity != nil : state.bundles[index] != nil
                if !hasGood { state.failures[index] = error }
            }
            guard let answer = state.readiness else {
                return ([CheckedContinuation<Void, any Error>](), Result<Void, any Error>.success(()))
            }
            return (state.takeWaiters(), answer)
        }
        for waiter in waiters { waiter.resume(with: answer) }
    }

    /// Looks at the identity in force when it is due, and once a minute: the wall clock may be set, the identity renewed.
    private func watchExpiry() async {
        var watch = ExpiryWatch()
        while !Task.isCancelled {
            let identity = state.withLock { $0.identity }
            let (isDue, pause) = watch.look(at: identity?.validity, now: wallClock())
            if isDue, let identity {
                onEvent(.identityExpiring(identity, remaining: wallClock().duration(to: identity.validity.end)))
            }
            do { try await clock.sleep(for: pause) } catch { return }
        }
    }
}
#endif
