#if TLS
public import MeshCore

/// An identity that a function makes: from a secret store, an enrolment service, memory.
///
/// The function is asked at the start, again when half of the lifetime of what it gave has passed, with jitter, and after a
/// failure with ``backoff``. What it gave last stays in force while it fails. Once a minute the wall clock is looked at, which
/// may have been wrong.
public struct ProvidedIdentitySource: IdentitySource {
    /// How long to wait after failures: from 1 s up to 1 min.
    public static let backoff = Backoff(base: .seconds(1), maximum: .seconds(60), jitter: .equal)

    private let provider: @Sendable () async throws -> TLSIdentity
    private let clock: MeshClock
    private let random: RandomSource
    private let wallClock: @Sendable () -> WallTime

    /// Creates a source.
    ///
    /// - Parameters:
    ///   - clock: What measures the time until the function is asked again.
    ///   - random: Where the jitter comes from.
    ///   - provider: Makes an identity. Cancelled when the source is shut down.
    public init(
        clock: MeshClock = .continuous,
        random: RandomSource = RandomSource(),
        _ provider: @escaping @Sendable () async throws -> TLSIdentity
    ) {
        self.init(clock: clock, random: random, wallClock: WallTime.now, provider)
    }

    init(
        clock: MeshClock,
        random: RandomSource,
        wallClock: @escaping @Sendable () -> WallTime,
        _ provider: @escaping @Sendable () async throws -> TLSIdentity
    ) {
        self.provider = provider
        self.clock = clock
        self.random = random
        self.wallClock = wallClock
    }

    /// Asks the function until the task is cancelled.
    public func run(_ deliver: @escaping @Sendable (Result<TLSIdentity, any Error>) -> Void) async {
        var generator = random.makeGenerator()
        var failures = 0
        while !Task.isCancelled {
            let result: Result<TLSIdentity, any Error>
            do {
                result = .success(try await provider())
            } catch {
                guard !Task.isCancelled else { return }
                result = .failure(error)
            }
            deliver(result)
            do {
                switch result {
                case .success(let identity):
                    failures = 0
                    try await wait(for: Renewal(of: identity.validity, using: &generator))
                case .failure:
                    failures += 1
                    try await clock.sleep(for: Self.backoff.wait(beforeRetry: failures, using: &generator))
                }
            } catch {
                return
            }
        }
    }

    private func wait(for renewal: Renewal) async throws {
        var waited = Duration.zero
        while let step = renewal.step(now: wallClock(), waited: waited) {
            try await clock.sleep(for: step)
            waited += step
        }
    }
}

/// Decides when an identity is renewed: when half of its lifetime has passed, a tenth of the lifetime earlier or later, so
/// that a fleet that was started together does not renew together.
///
/// The wall clock may be set, and wrong when it is read. It is asked again every minute, and can only bring the renewal
/// forward: that never waits for longer than it would with an identity that has just become valid.
struct Renewal: Hashable, Sendable {
    private let due: WallTime
    private let longest: Duration

    /// An identity that is given when it has all but expired is not asked for again and again.
    private static let shortest = Duration.seconds(10)
    private static let longestStep = Duration.seconds(60)

    init(of validity: Validity, using random: inout some RandomNumberGenerator) {
        let share = Double.random(in: 0.4...0.6, using: &random)
        longest = max(validity.length * share, Self.shortest)
        due = WallTime(seconds: validity.start.seconds + Int64(validity.length * share / .seconds(1)))
    }

    /// How long to wait before the next question to the wall clock; `nil` when it is time.
    ///
    /// - Parameter waited: For how long the identity has been waited with, by a clock that nobody sets.
    func step(now: WallTime, waited: Duration) -> Duration? {
        let left = max(min(now.duration(to: due), longest - waited), Self.shortest - waited)
        return left > .zero ? min(left, Self.longestStep) : nil
    }
}

extension IdentitySource where Self == ProvidedIdentitySource {
    /// An identity that a function makes, asked again when half of its lifetime has passed.
    public static func provided(_ provider: @escaping @Sendable () async throws -> TLSIdentity) -> Self {
        ProvidedIdentitySource(provider)
    }
}
#endif
