#if TLS
public import MeshCore

/// An identity that a function makes: from a secret store, an enrolment service, memory.
///
/// The function is asked at the start, again when half of the lifetime of what it gave has passed, with jitter, and after a
/// failure with ``backoff``. What it gave last stays in force while it fails.
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
            let pause: Duration
            do {
                let identity = try await provider()
                deliver(.success(identity))
                failures = 0
                pause = Renewal.pause(identity.validity, now: wallClock(), using: &generator)
            } catch {
                guard !Task.isCancelled else { return }
                deliver(.failure(error))
                failures += 1
                pause = Self.backoff.wait(beforeRetry: failures, using: &generator)
            }
            do { try await clock.sleep(for: pause) } catch { return }
        }
    }
}

/// Decides when an identity is renewed: when half of its lifetime has passed, a tenth of the lifetime earlier or later, so
/// that a fleet that was started together does not renew together.
enum Renewal {
    /// 10 s to a year: an identity that is given when it has all but expired is not asked for again and again.
    static func pause(
        _ validity: Validity,
        now: WallTime,
        using random: inout some RandomNumberGenerator
    ) -> Duration {
        let length = validity.length
        let share = Double.random(in: 0.4...0.6, using: &random)
        let due = now.duration(to: validity.start) + length * share
        return min(max(due, .seconds(10)), .seconds(365 * 86_400))
    }
}

extension IdentitySource where Self == ProvidedIdentitySource {
    /// An identity that a function makes, asked again when half of its lifetime has passed.
    public static func provided(_ provider: @escaping @Sendable () async throws -> TLSIdentity) -> Self {
        ProvidedIdentitySource(provider)
    }
}
#endif
