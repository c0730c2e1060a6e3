public import MeshCore
public import Synchronization

/// The account from which everything that sends extra requests (retries, and whatever else repeats a request) draws.
///
/// One for each service that is called. A deposit is one atomic add; withdrawals, which are rare, take a lock.
public final class SharedRetryBudget: Sendable {
    /// Calls that were counted but not yet put into the budget.
    @usableFromInline let pending = Atomic<Int>(0)
    /// When ``pending`` must be put in, so that it is forgotten with the right slice.
    @usableFromInline let slotEnd: Atomic<UInt64>
    private let budget: Mutex<RetryBudget>

    /// What the budget grants.
    public let policy: RetryBudget.Policy

    private let onBalance: (@Sendable (Int) -> Void)?

    /// Opens an account in which nothing has happened yet.
    ///
    /// - Parameters:
    ///   - policy: What it grants.
    ///   - onBalance: Told of the balance now and then: by the first call in every tenth of the window.
    public init(
        _ policy: RetryBudget.Policy = RetryBudget.Policy(),
        onBalance: (@Sendable (Int) -> Void)? = nil
    ) {
        let budget = RetryBudget(policy)
        self.policy = policy
        self.onBalance = onBalance
        self.slotEnd = Atomic(budget.headEnd.nanoseconds)
        self.budget = Mutex(budget)
    }

    /// How many extra requests could be made at `now`; never negative. Takes a lock.
    public func balance(at now: MeshInstant) -> Int {
        withBudget(at: now) { $0.balance(at: now) }
    }

    /// Counts one call. To be made once for each call, not for each attempt.
    @inlinable
    public func deposit(at now: MeshInstant) {
        if now.nanoseconds >= slotEnd.load(ordering: .relaxed) { turn(at: now) }
        pending.wrappingAdd(1, ordering: .relaxed)
    }

    /// Takes out one extra request. Takes a lock.
    ///
    /// - Returns: Whether it may be made. If not, nothing was taken.
    public func withdraw(at now: MeshInstant) -> Bool {
        withBudget(at: now) { $0.withdraw(at: now) }
    }

    @usableFromInline
    func turn(at now: MeshInstant) {
        let balance = withBudget(at: now) { $0.balance(at: now) }
        onBalance?(balance)
    }

    private func withBudget<Result>(at now: MeshInstant, _ body: (inout RetryBudget) -> Result) -> Result {
        budget.withLock { budget in
            // What is pending was counted before the slice ended, so it goes in before the slices move on.
            let calls = pending.exchange(0, ordering: .relaxed)
            budget.deposit(calls, at: min(now, MeshInstant(nanoseconds: budget.headEnd.nanoseconds - 1)))
            let result = body(&budget)
            _ = budget.balance(at: now)
            slotEnd.store(budget.headEnd.nanoseconds, ordering: .relaxed)
            return result
        }
    }
}
