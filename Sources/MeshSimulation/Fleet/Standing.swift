/// Values that hold for a time each: of those that hold now, the one that came last counts.
struct Standing<Value> {
    /// What to end a value by.
    struct Token: Sendable {
        fileprivate let number: Int
    }

    private var values: [(number: Int, value: Value)] = []
    private var count = 0

    /// What counts; `nil` if nothing holds.
    var current: Value? { values.last?.value }

    /// From now on a value holds.
    mutating func begin(_ value: Value) -> Token {
        count += 1
        values.append((count, value))
        return Token(number: count)
    }

    /// A value holds no longer.
    ///
    /// - Complexity: O(values that hold)
    mutating func end(_ token: Token) {
        values.removeAll { $0.number == token.number }
    }
}
