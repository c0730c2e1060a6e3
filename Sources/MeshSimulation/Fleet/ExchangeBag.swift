/// Exchanges in no order, out of which any can be taken at once. An exchange is in one bag at most.
struct ExchangeBag {
    private(set) var exchanges: ContiguousArray<Exchange> = []

    var count: Int { exchanges.count }

    mutating func insert(_ exchange: Exchange) {
        exchange.place = exchanges.count
        exchanges.append(exchange)
    }

    /// Takes out an exchange that is in the bag: the last one takes its place.
    mutating func remove(_ exchange: Exchange) {
        let last = exchanges.removeLast()
        guard last !== exchange else { return }
        exchanges[exchange.place] = last
        last.place = exchange.place
    }

    /// Takes out all.
    mutating func removeAll() -> ContiguousArray<Exchange> {
        defer { exchanges = [] }
        return exchanges
    }
}
