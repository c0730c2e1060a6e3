import MeshCore
import Testing

@testable import MeshDNS

@Suite struct DNSCacheTests {
    static let start = MeshInstant(nanoseconds: 1_000_000_000_000)

    static func answer(_ name: DNSName, lifetime: Duration?, at instant: MeshInstant = start) -> DNSAnswer {
        DNSAnswer(
            question: DNSQuestion(name, .a),
            result: .noData,
            server: DNSServer(.v4(1)),
            received: instant,
            lifetime: lifetime
        )
    }

    @Test func `an answer is used until it expires, and ahead of time until a tenth is left`() {
        var cache = DNSCache(capacity: 2)
        let question = DNSQuestion("a", .a)
        cache.store(Self.answer("a", lifetime: .seconds(10)), at: Self.start)
        func found(_ freshness: Freshness, after duration: Duration) -> Bool {
            cache.answer(to: question, freshness, at: Self.start.advanced(by: duration)) != nil
        }
        #expect(found(.unexpired, after: .milliseconds(9_999)))
        #expect(!found(.unexpired, after: .seconds(10)))
        #expect(found(.comfortable, after: .milliseconds(8_999)))
        #expect(!found(.comfortable, after: .seconds(9)))
        #expect(!found(.fromServer, after: .zero))
        #expect(cache.answer(to: DNSQuestion("a", .aaaa), .unexpired, at: Self.start) == nil)
    }

    @Test func `an answer without a lifetime is not kept and ends the one before`() {
        var cache = DNSCache(capacity: 2)
        cache.store(Self.answer("a", lifetime: .seconds(10)), at: Self.start)
        cache.store(Self.answer("a", lifetime: nil), at: Self.start)
        #expect(cache.count == 0)
    }

    @Test func `a full cache drops what has expired, then what expires first`() {
        var cache = DNSCache(capacity: 2)
        cache.store(Self.answer("a", lifetime: .seconds(1)), at: Self.start)
        cache.store(Self.answer("b", lifetime: .seconds(20)), at: Self.start)
        let later = Self.start.advanced(by: .seconds(2))
        cache.store(Self.answer("c", lifetime: .seconds(10), at: later), at: later)
        #expect(cache.count == 2)
        cache.store(Self.answer("d", lifetime: .seconds(30), at: later), at: later)
        #expect(cache.count == 2)
        #expect(cache.answer(to: DNSQuestion("c", .a), .unexpired, at: later) == nil)
        #expect(cache.answer(to: DNSQuestion("b", .a), .unexpired, at: later) != nil)
    }

    @Test func `a cache of capacity zero keeps nothing`() {
        var cache = DNSCache(capacity: 0)
        cache.store(Self.answer("a", lifetime: .seconds(1)), at: Self.start)
        #expect(cache.count == 0)
    }

    @Test(
        arguments: [
            (0, 1), (1, 1), (30, 30), (3600, 3600), (604_800, 3600),
        ] as [(UInt32, Int)]
    )
    func `positive lifetimes lie between floor and cap`(ttl: UInt32, seconds: Int) {
        #expect(DNSPolicy().lifetime(of: .records([]), ttl: ttl) == .seconds(seconds))
    }

    @Test(arguments: [(0, 1), (5, 5), (3600, 10)] as [(UInt32, Int)])
    func `negative lifetimes have a cap of their own`(ttl: UInt32, seconds: Int) {
        #expect(DNSPolicy().lifetime(of: .noSuchName, ttl: ttl) == .seconds(seconds))
        #expect(DNSPolicy().lifetime(of: .noData, ttl: ttl) == .seconds(seconds))
    }
}
