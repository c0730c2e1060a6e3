import MeshCore
import MeshDiscovery
import MeshTesting
import Synchronization
import TestSupport
import Testing

@testable import MeshDNS

@Suite(.takesTurns) struct DNSResolverTests {
    let time = ManualClock()
    let exchange = ScriptedExchange()
    /// Unlike any interval, so that a test can tell the time-out of a question from the wait for the next one.
    static let timeout = Duration.nanoseconds(1_234_567_891)
    static let server = DNSServer(.v4(0x0A00_0035))

    func resolver(
        _ target: String,
        policy: DNSPolicy = DNSPolicy(),
        search: [DNSName] = [],
        hosts: String = ""
    ) throws -> DNSResolver {
        let configuration = DNSConfiguration(
            servers: [Self.server],
            searchDomains: search,
            timeout: Self.timeout,
            attempts: 1
        )
        let environment = DNSEnvironment.fixed(configuration, hosts: HostsFile(hosts))
        let client = DNSClient(environment, policy: policy, exchange: exchange, clock: time.clock)
        return try DNSResolver(Target(target), client: client, random: RandomSource(seed: 1))
    }

    /// Returns once an iteration waits for its next turn, with the wait that is left.
    @discardableResult
    func idle() async -> Duration {
        while true {
            let due = time.nextWakeUp
            let now = time.now
            if time.sleeperCount == 1, exchange.waiting == 0, let due, now.duration(to: due) != Self.timeout {
                return now.duration(to: due)
            }
            await Task.yield()
        }
    }

    /// Lets an iteration take its next turn.
    func turn() async {
        time.advance(by: await idle())
        await idle()
    }

    func failure(_ reason: String, of question: String) -> Resolution {
        .failure(ResolutionError(source: "DNS \(question)", reason: "10.0.0.53:53: \(reason)"))
    }

    // MARK: Addresses

    @Test func `addresses of both families are endpoints, in an order of their own`() async throws {
        exchange.script { asked in
            asked.question.type == .a
                ? .records(.address("users", "10.0.0.2"), .address("users", "10.0.0.1"))
                : .records(.address("users", "fd00::1"))
        }
        let follower = Follower(try resolver("dns:///users:80"))
        #expect(await follower.element(0).addresses == ["10.0.0.1:80", "10.0.0.2:80", "[fd00::1]:80"])
        #expect(exchange.asked.count == 2)
        await follower.cancel()
    }

    @Test func `a change is seen when the TTL ends, and equal answers are left out`() async throws {
        let addresses = Mutex(["10.0.0.1", "10.0.0.2"])
        let policy = DNSPolicy(addressFamilies: .v4)
        let shuffled: ScriptedExchange.Script = { _ in
            let records = addresses.withLock { addresses in
                addresses.reverse()
                return addresses.map { DNSRecord.address("users", $0, ttl: 30) }
            }
            return .message { $0.answers = records }
        }
        exchange.script(shuffled)
        let follower = Follower(try resolver("dns:///users:80", policy: policy))
        #expect(await follower.element(0).addresses?.count == 2)
        let wait = await idle()
        #expect(wait >= .seconds(27) && wait <= .seconds(30))
        await turn()
        #expect(exchange.asked.count == 2)
        #expect(follower.resolutions.count == 1)

        addresses.withLock { $0.append("10.0.0.3") }
        await turn()
        #expect(await follower.element(1).addresses == ["10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80"])
        addresses.withLock { $0 = [] }
        exchange.script { _ in .no(.noSuchName) }
        await turn()
        #expect(await follower.element(2) == .endpoints(.empty))
        await follower.cancel()
    }

    @Test(arguments: [DNSResponseCode.noError, .noSuchName])
    func `no is the empty set, asked for again when the SOA says so`(code: DNSResponseCode) async throws {
        exchange.script { _ in .no(code, ttl: 6) }
        let follower = Follower(try resolver("dns:///users:80"))
        #expect(await follower.element(0) == .endpoints(.empty))
        let wait = await idle()
        #expect(wait >= .milliseconds(5_400) && wait <= .seconds(6))
        await follower.cancel()
    }

    @Test(arguments: [DNSResponseCode.serverFailure, .refused])
    func `an error of the server is a failure that names it, and is tried again`(code: DNSResponseCode) async throws {
        exchange.script { _ in .code(code) }
        let follower = Follower(try resolver("dns:///users:80"))
        #expect(await follower.element(0) == failure("\(code)", of: "users A"))
        let wait = await idle()
        #expect(wait >= .milliseconds(500) && wait <= .seconds(1))
        exchange.script { _ in .records(.address("users", "10.0.0.1")) }
        await turn()
        #expect(await follower.element(1).addresses == ["10.0.0.1:80"])
        await follower.cancel()
    }

    @Test func `silence is a failure after the time-out`() async throws {
        let follower = Follower(try resolver("dns:///users:80"))
        while exchange.waiting < 2 { await Task.yield() }
        await time.sleepers(atLeast: 2)
        time.advance(by: Self.timeout)
        #expect(await follower.element(0) == failure("no reply within \(Self.timeout)", of: "users A"))
        await follower.cancel()
    }

    @Test func `the set is yielded again after a failure`() async throws {
        let good: ScriptedExchange.Script = { _ in .records(.address("users", "10.0.0.1", ttl: 2)) }
        exchange.script(good)
        let follower = Follower(try resolver("dns:///users:80", policy: DNSPolicy(addressFamilies: .v4)))
        await idle()
        exchange.script { _ in .code(.serverFailure) }
        await turn()
        exchange.script(good)
        await turn()
        let last = await follower.element(2)
        #expect(last == follower.resolutions[0])
        #expect(follower.resolutions[1] == failure("SERVFAIL", of: "users A"))
        await follower.cancel()
    }

    @Test func `one family that fails does not fail the other, and keeps its last addresses`() async throws {
        let broken = Mutex(true)
        exchange.script { asked -> ScriptedExchange.Reply in
            if asked.question.type == .a { return .records(.address("users", "10.0.0.1", ttl: 100)) }
            return broken.withLock { $0 } ? .code(.serverFailure) : .records(.address("users", "fd00::1", ttl: 20))
        }
        let follower = Follower(try resolver("dns:///users:80"))
        #expect(await follower.element(0).addresses == ["10.0.0.1:80"])
        #expect(await idle() <= .seconds(1))
        broken.withLock { $0 = false }
        await turn()
        #expect(await follower.element(1).addresses == ["10.0.0.1:80", "[fd00::1]:80"])
        // The A record came from the cache.
        #expect(exchange.asked.map(\.question.type).count { $0 == .a } == 1)
        broken.withLock { $0 = true }
        await turn()
        await turn()
        #expect(follower.resolutions.count == 2)
        await follower.cancel()
    }

    @Test func `one family that fails while the other has nothing is a failure`() async throws {
        exchange.script { $0.question.type == .a ? .no() : .code(.serverFailure) }
        let follower = Follower(try resolver("dns:///users:80"))
        #expect(await follower.element(0) == failure("SERVFAIL", of: "users AAAA"))
        await follower.cancel()
    }

    @Test func `the search domains are tried in order`() async throws {
        exchange.script {
            $0.question.name == "users.b.test" ? .records(.address("users.b.test", "10.0.0.1")) : .no(.noSuchName)
        }
        let resolver = try resolver(
            "dns:///users:80",
            policy: DNSPolicy(addressFamilies: .v4),
            search: ["a.test", "b.test"]
        )
        let follower = Follower(resolver)
        #expect(await follower.element(0).addresses == ["10.0.0.1:80"])
        #expect(exchange.asked.map(\.question.name) == ["users.a.test", "users.b.test"])
        await follower.cancel()
    }

    @Test func `a search domain that cannot be asked ends the search`() async throws {
        exchange.script {
            $0.question.name == "users.a.test" ? .code(.serverFailure) : .records(.address("users", "10.0.0.9"))
        }
        let follower = Follower(try resolver("dns:///users:80", search: ["a.test"]))
        #expect(await follower.element(0) == failure("SERVFAIL", of: "users.a.test A"))
        await follower.cancel()
    }

    @Test func `hosts and localhost need no server`() async throws {
        let follower = Follower(try resolver("dns:///db:80", hosts: "10.0.0.7 db"))
        #expect(await follower.element(0).addresses == ["10.0.0.7:80"])
        #expect(await idle() >= .milliseconds(4_500))
        await follower.cancel()

        let local = Follower(try resolver("dns:///localhost:80", policy: DNSPolicy(addressFamilies: .v4)))
        #expect(await local.element(0).addresses == ["127.0.0.1:80"])
        await local.cancel()
        #expect(exchange.asked.isEmpty)
    }

    @Test func `an address is its own answer, once`() async throws {
        let follower = Follower(try resolver("dns:///10.0.0.1:80"))
        #expect(await follower.element(0).addresses == ["10.0.0.1:80"])
        while !follower.isFinished { await Task.yield() }
        #expect(exchange.asked.isEmpty)
    }

    @Test func `the authority is asked, without search domains`() async throws {
        exchange.script { _ in .records(.address("users", "10.0.0.1")) }
        let follower = Follower(
            try resolver("dns://10.0.0.99:5353/users:80", search: ["a.test"], hosts: "10.0.0.7 users")
        )
        #expect(await follower.element(0).addresses == ["10.0.0.1:80"])
        #expect(Set(exchange.asked.map(\.server.description)) == ["10.0.0.99:5353"])
        await follower.cancel()
    }

    // MARK: Services

    let services: ScriptedExchange.Script = { asked in
        switch (asked.question.name, asked.question.type) {
        case ("_h._tcp.users", .srv):
            .records(
                .service("_h._tcp.users", 10, 60, 81, "a.test", ttl: 10),
                .service("_h._tcp.users", 20, 10, 82, "b.test", ttl: 10),
                additionals: [.address("a.test", "10.0.0.1", ttl: 100)]
            )
        case ("b.test", .a): .records(.address("b.test", "10.0.0.2", ttl: 100))
        default: .no(ttl: 100)
        }
    }

    @Test func `services come with what is in the additional section; the rest is asked for`() async throws {
        exchange.script(services)
        let policy = DNSPolicy(longestNegativeLifetime: .seconds(100))
        let follower = Follower(try resolver("dns+srv:///_h._tcp.users", policy: policy))
        #expect(
            await follower.element(0)
                == .endpoints([
                    Endpoint(try Address("10.0.0.1:81"), weight: 60, metadata: ["dns.target": "a.test"]),
                    Endpoint(try Address("10.0.0.2:82"), weight: 10, priority: 1, metadata: ["dns.target": "b.test"]),
                ])
        )
        #expect(
            Set(exchange.asked.map(\.question.description))
                == ["_h._tcp.users SRV", "a.test AAAA", "b.test A", "b.test AAAA"]
        )
        // Only what is about to expire is asked for again.
        let wait = await idle()
        #expect(wait >= .seconds(9) && wait <= .seconds(10))
        await turn()
        #expect(exchange.asked.map(\.question.description).dropFirst(4) == ["_h._tcp.users SRV"])
        await follower.cancel()
    }

    @Test func `a service at the root is the empty set`() async throws {
        exchange.script { _ in .records(.service("_h._tcp.users", 0, 0, 0, .root)) }
        let follower = Follower(try resolver("dns+srv:///_h._tcp.users"))
        #expect(await follower.element(0) == .endpoints(.empty))
        #expect(exchange.asked.count == 1)
        await follower.cancel()
    }

    @Test func `a target that cannot be asked for leaves the others, and keeps its last address`() async throws {
        exchange.script(services)
        let policy = DNSPolicy(longestLifetime: .seconds(10))
        let resolver = try resolver("dns+srv:///_h._tcp.users", policy: policy)
        let late = Mutex(false)
        exchange.script { [services] in
            $0.question == DNSQuestion("b.test", .a) && late.withLock { $0 } ? .code(.serverFailure) : services($0)
        }
        let follower = Follower(resolver)
        #expect(await follower.element(0).addresses == ["10.0.0.1:81", "10.0.0.2:82"])
        late.withLock { $0 = true }
        await turn()
        #expect(exchange.asked.filter { $0.question == DNSQuestion("b.test", .a) }.count > 1)
        #expect(follower.resolutions.count == 1)
        await follower.cancel()

        let fresh = Follower(try self.resolver("dns+srv:///_h._tcp.users"))
        #expect(await fresh.element(0).addresses == ["10.0.0.1:81"])
        await fresh.cancel()
    }

    @Test func `an address from the additional section is remembered when its target cannot be asked for`() async throws
    {
        let late = Mutex(false)
        exchange.script { asked in
            let isLate = late.withLock { $0 }
            return switch (asked.question.name, asked.question.type) {
            case ("_h._tcp.users", .srv):
                .records(
                    .service("_h._tcp.users", 10, 60, 81, "a.test", ttl: 10),
                    .service("_h._tcp.users", 10, 60, 82, "b.test", ttl: 10),
                    additionals: isLate
                        ? [] : [.address("a.test", "10.0.0.1", ttl: 10), .address("b.test", "10.0.0.2", ttl: 10)]
                )
            case ("a.test", .a) where isLate: .code(.serverFailure)
            case ("b.test", .a): .records(.address("b.test", "10.0.0.2", ttl: 10))
            default: .no(ttl: 10)
            }
        }
        let follower = Follower(
            try resolver("dns+srv:///_h._tcp.users", policy: DNSPolicy(addressFamilies: .v4))
        )
        #expect(await follower.element(0).addresses == ["10.0.0.1:81", "10.0.0.2:82"])
        late.withLock { $0 = true }
        for _ in 0..<3 { await turn() }
        #expect(exchange.asked.filter { $0.question == DNSQuestion("a.test", .a) }.count > 1)
        #expect(follower.resolutions.count == 1, "\(follower.resolutions)")
        await follower.cancel()
    }

    @Test func `targets of which none can be asked for are a failure, and so are services`() async throws {
        exchange.script { asked in
            asked.question.type == .srv ? .records(.service("_h._tcp.users", 1, 1, 80, "a.test")) : .code(.refused)
        }
        let follower = Follower(try resolver("dns+srv:///_h._tcp.users"))
        #expect(await follower.element(0) == failure("REFUSED", of: "a.test A"))
        await follower.cancel()

        exchange.script { _ in .code(.refused) }
        let other = Follower(try resolver("dns+srv:///_h._tcp.users"))
        #expect(await other.element(0) == failure("REFUSED", of: "_h._tcp.users SRV"))
        await other.cancel()
    }

    // MARK: Hints and ends

    @Test func `a hint asks a server sooner, but not for every hint`() async throws {
        exchange.script { _ in .records(.address("users", "10.0.0.1", ttl: 100)) }
        let resolver = try resolver("dns:///users:80", policy: DNSPolicy(addressFamilies: .v4))
        let follower = Follower(resolver)
        #expect(await idle() >= .seconds(90))
        for _ in 0..<100 { resolver.refresh() }
        while await idle() > .seconds(5) { await Task.yield() }
        exchange.script { _ in .records(.address("users", "10.0.0.2", ttl: 100)) }
        #expect(await idle() == .seconds(5))
        #expect(exchange.asked.count == 1)
        await turn()
        #expect(await follower.element(1).addresses == ["10.0.0.2:80"])
        #expect(exchange.asked.count == 2)

        // Long after the last question, a hint is taken up at once.
        time.advance(by: .seconds(50))
        resolver.refresh()
        while exchange.asked.count < 3 { await Task.yield() }
        await follower.cancel()
    }

    @Test func `every iteration begins with the current answer, from the cache if it is there`() async throws {
        exchange.script { _ in .records(.address("users", "10.0.0.1", ttl: 100)) }
        let resolver = try resolver("dns:///users:80", policy: DNSPolicy(addressFamilies: .v4))
        for _ in 0..<3 {
            let follower = Follower(resolver)
            #expect(await follower.element(0).addresses == ["10.0.0.1:80"])
            await follower.cancel()
        }
        #expect(exchange.asked.count == 1)
    }

    @Test(arguments: [false, true])
    func `cancellation ends the sequence and leaves nothing behind`(isAsking: Bool) async throws {
        if !isAsking { exchange.script { _ in .records(.address("users", "10.0.0.1")) } }
        let follower = Follower(try resolver("dns:///users:80"))
        if isAsking {
            while exchange.waiting < 2 { await Task.yield() }
        } else {
            await idle()
        }
        await follower.cancel()
        #expect(follower.isFinished)
        #expect(exchange.waiting == 0)
        #expect(time.sleeperCount == 0)
    }
}
