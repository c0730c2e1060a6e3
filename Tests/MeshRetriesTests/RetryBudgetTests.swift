import MeshCore
import MeshRetries
import Synchronization
import Testing

@Suite struct RetryBudgetTests {
    private static let ratios: [UInt32] = [
        0, 1, 99, 100, 12_345, 100_000, 142_857, 199_999, 200_000, 300_000, 333_333, 500_000, 666_667, 700_000, 999_999,
        1_000_000,
    ]

    @Test(arguments: ratios, [0, 10])
    func `ten thousand calls at once earn exactly their share and the reserve`(millionths: UInt32, perSecond: Int)
        throws
    {
        let ratio = try #require(Fraction(millionths: millionths))
        var budget = RetryBudget(RetryBudget.Policy(ratio: ratio, minimumPerSecond: perSecond))
        for _ in 1...10_000 { budget.deposit(at: .seconds(0)) }
        let expected = 10_000 * Int(millionths) / 1_000_000 + perSecond * 10
        #expect(budget.balance(at: .seconds(0)) == expected)
        var granted = 0
        while budget.withdraw(at: .seconds(0)) { granted += 1 }
        #expect(granted == expected)
        #expect(budget.balance(at: .seconds(0)) == 0)
    }

    @Test func `a ratio that does not divide one grants at the exact call`() {
        var budget = RetryBudget(RetryBudget.Policy(ratio: 0.3, minimumPerSecond: 0))
        let granted = (1...10).map { _ in
            budget.deposit(at: .seconds(0))
            return budget.withdraw(at: .seconds(0))
        }
        // 0.3, 0.6, 0.9, 1.2: the fourth; 0.5, 0.8, 1.1: the seventh; 0.4, 0.7, 1.0: the tenth.
        #expect(granted == [false, false, false, true, false, false, true, false, false, true])
    }

    @Test func `the reserve comes back with time, ten a second on average`() {
        var budget = RetryBudget()
        var granted = 0
        for tick in 0..<6_000 {  // a minute of asking every 10 ms
            if budget.withdraw(at: .seconds(Double(tick) / 100)) { granted += 1 }
        }
        #expect((600...700).contains(granted))
        #expect(budget.balance(at: .seconds(120)) == 100)
    }

    @Test func `deposits are forgotten after the window`() {
        var budget = RetryBudget(RetryBudget.Policy(minimumPerSecond: 0))
        budget.deposit(50, at: .seconds(0))
        #expect(budget.balance(at: .seconds(8.9)) == 10)
        #expect(budget.balance(at: .seconds(10)) == 0)
        let granted = budget.withdraw(at: .seconds(10))
        #expect(!granted)
    }

    @Test func `each deposit is forgotten in its own time`() {
        var budget = RetryBudget(RetryBudget.Policy(ratio: 1.0, minimumPerSecond: 0))
        for second in 0..<10 { budget.deposit(at: .seconds(Double(second) + 0.5)) }
        #expect(budget.balance(at: .seconds(9.9)) == 10)
        for second in 10..<20 { #expect(budget.balance(at: .seconds(Double(second))) == 19 - second) }
    }

    @Test func `time that goes back is ignored`() {
        var budget = RetryBudget(RetryBudget.Policy(ratio: 1.0, minimumPerSecond: 0))
        budget.deposit(at: .seconds(5))
        budget.deposit(at: .seconds(1))
        #expect(budget.balance(at: .seconds(0)) == 2)
        #expect(budget.balance(at: .seconds(14)) == 2)
        #expect(budget.balance(at: .seconds(15)) == 0)
    }

    @Test func `a window and a minimum that do not divide leave a fraction`() {
        var budget = RetryBudget(
            RetryBudget.Policy(ratio: 0.25, minimumPerSecond: 1, window: .milliseconds(1_500))
        )
        #expect(budget.balance(at: .seconds(0)) == 1)
        budget.deposit(at: .seconds(0))
        #expect(budget.balance(at: .seconds(0)) == 1)
        budget.deposit(at: .seconds(0))
        #expect(budget.balance(at: .seconds(0)) == 2)
    }

    @Test func `the end of time does not trap`() {
        var budget = RetryBudget()
        budget.deposit(at: .distantFuture)
        #expect(budget.balance(at: .distantFuture) == 100)
        let granted = budget.withdraw(at: .distantFuture)
        #expect(granted)
    }
}

@Suite struct SharedRetryBudgetTests {
    @Test(arguments: [UInt32(1), 142_857, 200_000, 333_333, 1_000_000])
    func `it grants what the value grants`(millionths: UInt32) throws {
        let policy = RetryBudget.Policy(ratio: try #require(Fraction(millionths: millionths)), minimumPerSecond: 3)
        let shared = SharedRetryBudget(policy)
        var value = RetryBudget(policy)
        var random = SplitMix64(seed: 3)
        var now = MeshInstant.seconds(0)
        for _ in 0..<20_000 {
            switch random.next() % 8 {
            case 0: now = now.advanced(by: .milliseconds(Int64(random.next() % 700)))
            case 1: now = random.next() % 100 == 0 ? now.advanced(by: .seconds(30)) : now
            case 2: #expect(shared.withdraw(at: now) == value.withdraw(at: now))
            case 3: #expect(shared.balance(at: now) == value.balance(at: now))
            default:
                shared.deposit(at: now)
                value.deposit(at: now)
            }
        }
    }

    @Test func `many tasks together get exactly what there is`() async {
        let budget = SharedRetryBudget()
        let granted = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<16 {
                group.addTask {
                    var granted = 0
                    for call in 0..<5_000 {
                        budget.deposit(at: .seconds(0))
                        if call % 2 == 0, budget.withdraw(at: .seconds(0)) { granted += 1 }
                    }
                    return granted
                }
            }
            return await group.reduce(0, +)
        }
        #expect(granted + budget.balance(at: .seconds(0)) == 16_000 + 100)
    }

    @Test func `it tells of its balance with the first call in each tenth of the window`() {
        let told = Mutex<[Int]>([])
        let budget = SharedRetryBudget(RetryBudget.Policy(ratio: 0.5, minimumPerSecond: 0, window: .seconds(10))) {
            balance in told.withLock { $0.append(balance) }
        }
        for _ in 0..<10 { budget.deposit(at: .seconds(0)) }
        for second in 1...9 { budget.deposit(at: .seconds(Double(second))) }
        budget.deposit(at: .seconds(10))
        #expect(told.withLock { $0 }.dropFirst() == [5, 5, 6, 6, 7, 7, 8, 8, 9, 4])
        budget.deposit(at: .seconds(10))
        #expect(told.withLock { $0.count } == 11)
    }
}
