public import MeshCore

/// How many extra requests may be made: a share of the calls of the last while, and a few a second beyond it.
///
/// The token bucket of Finagle's `RetryBudget` and Linkerd's `TpsBudget`. Every call deposits ``Policy/ratio``, every
/// extra request withdraws 1, and both are forgotten after ``Policy/window``; so the extra requests of any window are
/// at most `ratio * calls + minimumPerSecond * window`. Amounts are integers, in millionths of a request: a ratio of
/// 0.3 grants exactly 3 for 10, where a count of whole tokens for each retry (tower) grants 3 for 9 or for 12.
///
/// A pure value. ``SharedRetryBudget`` is the account that tasks share.
public struct RetryBudget: Hashable, Sendable {
    /// What a budget grants.
    public struct Policy: Hashable, Sendable {
        /// The share of extra requests: 0.2, the default, allows one for every five calls.
        public var ratio: Fraction
        /// How many extra requests a second are allowed whatever the traffic, on average over ``window``. 10 by
        /// default. They make retries possible for a service that is called seldom, or for the first time.
        public var minimumPerSecond: Int {
            didSet { Self.check(minimumPerSecond: minimumPerSecond) }
        }
        /// How long deposits and withdrawals count, to within a tenth. 10 s by default, at most an hour.
        public var window: Duration {
            didSet { Self.check(window: window) }
        }

        /// Creates a policy.
        ///
        /// - Precondition: `minimumPerSecond` is 0 to 1,000,000; `window` is between a millisecond and an hour.
        public init(ratio: Fraction = 0.2, minimumPerSecond: Int = 10, window: Duration = .seconds(10)) {
            Self.check(minimumPerSecond: minimumPerSecond)
            Self.check(window: window)
            self.ratio = ratio
            self.minimumPerSecond = minimumPerSecond
            self.window = window
        }

        private static func check(minimumPerSecond: Int) {
            precondition(
                (0...1_000_000).contains(minimumPerSecond),
                "the minimum of a budget is 0 to 1,000,000 a second"
            )
        }

        private static func check(window: Duration) {
            precondition(
                window >= .milliseconds(1) && window <= .seconds(3600),
                "the window of a budget is between a millisecond and an hour"
            )
        }
    }

    static let slotCount = 10

    /// What the budget grants.
    public let policy: Policy

    private let slotNanoseconds: UInt64
    /// The standing allowance, in millionths of a request.
    private let reserve: Int64
    /// Deposits less withdrawals of each slice of the window, in millionths.
    private var slots: [Int64]
    private var head = 0
    /// When the head of the slots changes.
    private(set) var headEnd: MeshInstant
    /// The sum of the slots.
    private var sum: Int64 = 0

    /// Creates a budget in which nothing has happened yet.
    public init(_ policy: Policy = Policy()) {
        self.policy = policy
        let window = policy.window.clampedNanoseconds
        slotNanoseconds = UInt64(window) / UInt64(Self.slotCount)
        // 10^6 millionths a request, 10^9 nanoseconds a second.
        reserve = Int64(policy.minimumPerSecond) * window / 1_000
        slots = Array(repeating: 0, count: Self.slotCount)
        headEnd = MeshInstant(nanoseconds: slotNanoseconds)
    }

    /// How many extra requests could be made at `now`; never negative.
    public mutating func balance(at now: MeshInstant) -> Int {
        advance(to: now)
        return Int(max(0, reserve + sum) / 1_000_000)
    }

    /// Counts `calls` calls, each of which earns the ratio of an extra request.
    public mutating func deposit(_ calls: Int = 1, at now: MeshInstant) {
        advance(to: now)
        let amount = Int64(calls) * Int64(policy.ratio.millionths)
        slots[head] += amount
        sum += amount
    }

    /// Takes out one extra request.
    ///
    /// - Returns: Whether it may be made. If not, nothing was taken.
    public mutating func withdraw(at now: MeshInstant) -> Bool {
        advance(to: now)
        guard reserve + sum >= 1_000_000 else { return false }
        slots[head] -= 1_000_000
        sum -= 1_000_000
        return true
    }

    /// Forgets what is older than the window. Time that goes back is ignored.
    private mutating func advance(to now: MeshInstant) {
        guard now >= headEnd else { return }
        let steps = now.nanoseconds(since: headEnd) / slotNanoseconds + 1
        for _ in 0..<min(steps, UInt64(Self.slotCount)) {
            head = head + 1 == Self.slotCount ? 0 : head + 1
            sum -= slots[head]
            slots[head] = 0
        }
        let (end, overflow) = headEnd.nanoseconds.addingReportingOverflow(steps * slotNanoseconds)
        headEnd = overflow ? .distantFuture : MeshInstant(nanoseconds: end)
    }
}
