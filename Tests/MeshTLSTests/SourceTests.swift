#if TLS
import Foundation
import MeshCore
import MeshTesting
import SwiftASN1
import TestSupport
import Testing
import X509

@testable import MeshTLS

@Suite("Rules of the sources", .takesTurns)
struct SourceRulesTests {
    @Test("what is new counts when two looks in a row have seen it")
    func settling() {
        var settling = Settling<String>()
        #expect(settling.saw("a", isProtecting: false) == .counts)
        #expect(settling.saw("a", isProtecting: true) == .unchanged)
        #expect(settling.saw("b", isProtecting: true) == .settling)
        #expect(settling.saw("c", isProtecting: true) == .settling)
        #expect(settling.saw("a", isProtecting: true) == .unchanged)
        #expect(settling.saw("c", isProtecting: true) == .settling)
        #expect(settling.saw("c", isProtecting: true) == .counts)
        #expect(settling.saw("c", isProtecting: true) == .unchanged)
        #expect(settling.saw("d", isProtecting: false) == .counts)
    }

    @Test("looks are spread around the interval, and never later than half of what is left")
    func schedule() {
        let schedule = RefreshSchedule(policy: RefreshPolicy(interval: .seconds(600)))
        var random = SplitMix64(seed: 3)
        let validity = Validity(start: WallTime(seconds: 0), end: WallTime(seconds: 3600))
        var pauses: Set<Duration> = []
        for _ in 0..<100 {
            let pause = schedule.pause(isSettling: false, validity: validity, now: WallTime(seconds: 0), using: &random)
            #expect(pause >= .seconds(540) && pause <= .seconds(660))
            pauses.insert(pause)
        }
        #expect(pauses.count > 90)
        func pause(at seconds: Int64) -> Duration {
            schedule.pause(isSettling: false, validity: validity, now: WallTime(seconds: seconds), using: &random)
        }
        let near = pause(at: 3500)
        #expect(near >= .seconds(45) && near <= .seconds(55))
        #expect(pause(at: 3600) == .seconds(1))
        #expect(pause(at: 9999) == .seconds(1))
        #expect(
            schedule.pause(isSettling: true, validity: nil, now: WallTime(seconds: 0), using: &random) == .seconds(1)
        )
    }

    @Test("an identity is renewed about half-way")
    func renewal() {
        var random = SplitMix64(seed: 4)
        let validity = Validity(start: WallTime(seconds: 1000), end: WallTime(seconds: 4600))
        /// The time until the renewal, on a machine whose clock goes with `now`.
        func pause(_ validity: Validity, now: (Duration) -> WallTime) -> Duration {
            let renewal = Renewal(of: validity, using: &random)
            var waited = Duration.zero
            while let step = renewal.step(now: now(waited), waited: waited) {
                #expect(step > .zero && step <= .seconds(60))
                waited += step
            }
            return waited
        }
        func clock(from start: Int64) -> (Duration) -> WallTime {
            { WallTime(seconds: start + Int64($0 / .seconds(1))) }
        }
        for _ in 0..<100 {
            let pause = pause(validity, now: clock(from: 1000))
            #expect(pause >= .seconds(1440) && pause <= .seconds(2160))
        }
        #expect(pause(validity, now: clock(from: 4599)) == .seconds(10))
        #expect(pause(Validity(start: validity.end, end: validity.start), now: clock(from: 4599)) == .seconds(10))
        // A clock that stands still, or was far behind, brings the renewal no later than half-way by a clock that runs.
        for now in [{ _ in WallTime(seconds: 1000) }, clock(from: -100_000_000)] as [(Duration) -> WallTime] {
            let pause = pause(validity, now: now)
            #expect(pause >= .seconds(1440) && pause <= .seconds(2160))
        }
        // One that is put right meanwhile brings it at once.
        let early = pause(validity) { WallTime(seconds: $0 < .seconds(300) ? -100_000_000 : 4000) }
        #expect(early == .seconds(300))
    }

    @Test("warnings come once each: at a quarter, at a tenth, at the end")
    func expiry() {
        var watch = ExpiryWatch()
        let validity = Validity(start: WallTime(seconds: 0), end: WallTime(seconds: 1000))
        var warnings: [Int64] = []
        for second in stride(from: Int64(0), through: 1200, by: 1) {
            let (isDue, pause) = watch.look(at: validity, now: WallTime(seconds: second))
            if isDue { warnings.append(second) }
            #expect(pause >= .seconds(1) && pause <= .seconds(60))
        }
        #expect(warnings == [750, 900, 1000])
        // The next identity begins anew, even if it is the one before with other dates.
        let next = Validity(start: WallTime(seconds: 1000), end: WallTime(seconds: 2000))
        #expect(!watch.look(at: next, now: WallTime(seconds: 1200)).isDue)
        #expect(watch.look(at: next, now: WallTime(seconds: 1950)).isDue)
        #expect(!watch.look(at: next, now: WallTime(seconds: 1951)).isDue)
    }
}

@Suite("An identity in files", .takesTurns)
struct FileIdentitySourceTests {
    /// A source of two files, followed with a clock that moves when a test says so.
    private final class Following: Sendable {
        let directory: TemporaryDirectory
        let root: TestAuthority
        let time: ManualClock
        let deliveries: Deliveries<TLSIdentity>
        private let task: Task<Void, Never>

        init(_ prepare: (TemporaryDirectory, TestAuthority) throws -> Void) throws {
            let directory = try TemporaryDirectory()
            let root = try TestAuthority()
            let (time, deliveries) = (ManualClock(), Deliveries<TLSIdentity>())
            try prepare(directory, root)
            let source = FileIdentitySource(
                certificateChain: directory.file("svid.pem"),
                privateKey: directory.file("key.pem"),
                clock: time.clock,
                random: RandomSource(seed: 1)
            )
            task = Task { await source.run { deliveries.take($0) } }
            self.directory = directory
            self.root = root
            self.time = time
            self.deliveries = deliveries
        }

        /// Lets the source look once more.
        func look() async {
            await time.sleepers()
            time.advance(to: time.nextWakeUp!)
            await time.sleepers()
        }

        func write(_ issued: Issued) throws {
            try directory.write(issued.chainPEM, to: "svid.pem")
            try directory.write(issued.keyPEM, to: "key.pem")
        }

        func stop() async {
            task.cancel()
            await task.value
        }
    }

    @Test("a new certificate counts after a second look, both files together")
    func rotation() async throws {
        let following = try Following { directory, root in
            let issued = try root.issue("spiffe://prod.example/one")
            try directory.write(issued.chainPEM, to: "svid.pem")
            try directory.write(issued.keyPEM, to: "key.pem")
        }
        #expect(try await following.deliveries.delivery(1).get().spiffeID == "spiffe://prod.example/one")
        let next = try following.root.issue("spiffe://prod.example/two")
        // The certificate first: what is there now does not match its key.
        try following.directory.write(next.chainPEM, to: "svid.pem")
        await following.look()
        try following.directory.write(next.keyPEM, to: "key.pem")
        await following.look()
        #expect(following.deliveries.all.count == 1)
        await following.look()
        #expect(try await following.deliveries.delivery(2).get().spiffeID == "spiffe://prod.example/two")
        await following.look()
        await following.look()
        #expect(following.deliveries.all.count == 2)
        await following.stop()
    }

    @Test("a file that is written bit by bit is never taken half-way")
    func tornWrite() async throws {
        let following = try Following { directory, root in
            let issued = try root.issue("spiffe://prod.example/one")
            try directory.write(issued.chainPEM, to: "svid.pem")
            try directory.write(issued.keyPEM, to: "key.pem")
        }
        _ = await following.deliveries.delivery(1)
        let middle = try TestAuthority("middle", issuedBy: following.root)
        let next = try middle.issue("spiffe://prod.example/two")
        let text = try next.chainPEM
        try following.directory.write(next.keyPEM, to: "key.pem")
        for part in 1...8 {
            try following.directory.write(String(text.prefix(text.count * part / 8)), to: "svid.pem")
            await following.look()
        }
        #expect(following.deliveries.all.count == 1)
        await following.look()
        #expect(try await following.deliveries.delivery(2).get().certificateChain.count == 2)
        await following.stop()
    }

    @Test("the swap of links with which Kubernetes updates a secret is one change")
    func kubernetes() async throws {
        let following = try Following { directory, root in
            let issued = try root.issue("spiffe://prod.example/one")
            try directory.project(["svid.pem": issued.chainPEM, "key.pem": issued.keyPEM], revision: "1")
        }
        #expect(try await following.deliveries.delivery(1).get().spiffeID == "spiffe://prod.example/one")
        let next = try following.root.issue("spiffe://prod.example/two")
        try following.directory.project(["svid.pem": next.chainPEM, "key.pem": next.keyPEM], revision: "2")
        await following.look()
        await following.look()
        #expect(try await following.deliveries.delivery(2).get().spiffeID == "spiffe://prod.example/two")
        await following.stop()
    }

    @Test("what is missing or wrong is told once, and taken as soon as it is right")
    func failure() async throws {
        let following = try Following { _, _ in }
        var error = await #expect(throws: CredentialSourceError.self) {
            try await following.deliveries.delivery(1).get()
        }
        #expect(error?.description.contains("svid.pem: it does not exist") == true)
        await following.look()
        let issued = try following.root.issue("spiffe://prod.example/one")
        try following.directory.write(issued.chainPEM, to: "svid.pem")
        try following.directory.write(try following.root.issue("spiffe://prod.example/x").keyPEM, to: "key.pem")
        await following.look()
        error = await #expect(throws: CredentialSourceError.self) { try await following.deliveries.delivery(2).get() }
        #expect(error?.reason.contains("does not belong") == true)
        try following.write(issued)
        await following.look()
        #expect(try await following.deliveries.delivery(3).get().spiffeID == "spiffe://prod.example/one")
        // From now on there is something to protect: a failure counts after a second look, too.
        try FileManager.default.removeItem(atPath: following.directory.file("key.pem"))
        await following.look()
        #expect(following.deliveries.all.count == 3)
        await following.look()
        await following.look()
        #expect(following.deliveries.all.count == 4)
        await following.stop()
    }

    @Test("a file that is too large, a directory and a pipe are failures")
    func strangeFiles() throws {
        let directory = try TemporaryDirectory()
        try directory.write(String(repeating: "x", count: MaterialFile.sizeLimit + 1), to: "large")
        #expect(throws: CredentialSourceError.self) { try MaterialFile.read(directory.file("large")) }
        #expect(throws: CredentialSourceError.self) { try MaterialFile.read(directory.path) }
        #expect(mkfifo(directory.file("pipe"), 0o600) == 0)
        #expect(throws: CredentialSourceError.self) { try MaterialFile.read(directory.file("pipe")) }
        try directory.write("", to: "empty")
        #expect(try MaterialFile.read(directory.file("empty")) == [])
    }
}

@Suite("An identity from a function", .takesTurns)
struct ProvidedIdentitySourceTests {
    @Test("is asked for again half-way, and sooner after a failure")
    func renewal() async throws {
        let root = try TestAuthority()
        let time = ManualClock()
        let deliveries = Deliveries<TLSIdentity>()
        let fails = Flag()
        // The wall clock goes with the manual one, from when the certificate becomes valid.
        let start = WallTime.now()
        let began = time.now
        let source = ProvidedIdentitySource(
            clock: time.clock,
            random: RandomSource(seed: 1),
            wallClock: { WallTime(seconds: start.seconds + Int64(began.duration(to: time.now) / .seconds(1))) },
            {
                if fails.isSet { throw CredentialSourceError(source: "vault", reason: "sealed") }
                return try root.issue("spiffe://prod.example/users").identity
            }
        )
        let task = Task { await source.run { deliveries.take($0) } }
        _ = try await deliveries.delivery(1).get()
        fails.set()
        while deliveries.all.count < 2 {
            await time.sleepers()
            #expect(time.now.duration(to: time.nextWakeUp!) <= .seconds(60))
            time.advance(to: time.nextWakeUp!)
            await time.sleepers()
        }
        let passed = began.duration(to: time.now)
        #expect(passed > .seconds(1300) && passed < .seconds(2200))
        await #expect(throws: CredentialSourceError.self) { try await deliveries.delivery(2).get() }
        #expect(time.now.duration(to: time.nextWakeUp!) <= .seconds(1))
        task.cancel()
        await task.value
    }
}

@Suite("The roots of the operating system", .takesTurns)
struct SystemTrustSourceTests {
    static let isInstalled = [
        "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem",
    ].contains { FileManager.default.isReadableFile(atPath: $0) }

    @Test("vouch for host names, and for nothing else", .enabled(if: isInstalled, "no roots are installed"))
    func roots() async throws {
        let deliveries = Deliveries<[TrustBundle]>()
        await SystemTrustSource().run { deliveries.take($0) }
        #expect(deliveries.all.count == 1)
        let bundles = try await deliveries.delivery(1).get()
        #expect(bundles.map(\.scope) == [.hostNames])
        #expect(bundles[0].roots.count > 10)
    }
}

@Suite("Credentials", .takesTurns)
struct TLSCredentialsTests {
    @Test("nothing is ready before every source has delivered")
    func ready() async throws {
        let root = try TestAuthority()
        let directory = try TemporaryDirectory()
        let time = ManualClock()
        let events = Events()
        let credentials = TLSCredentials(
            identity: .fixed(try root.issue("spiffe://prod.example/users").identity),
            trust: [
                FileTrustSource(directory.file("bundle.pem"), for: .trustDomain("prod.example"), clock: time.clock)
            ],
            clock: time.clock,
            onEvent: events.take
        )
        let tls = ClientTLS(credentials)
        let error = #expect(throws: TLSError.self) { try makeHandshake(tls) }
        #expect(error?.code == .noIdentity)
        credentials.start()
        credentials.start()
        await #expect(throws: CredentialSourceError.self) { try await credentials.ready() }
        #expect(thrown(TLSError.self) { try makeHandshake(tls) }?.code == .noTrust)
        try directory.write(try root.certificate.serializeAsPEM().pemString + "\n", to: "bundle.pem")
        while credentials.bundles.isEmpty {
            await time.sleepers(atLeast: 2)
            time.advance(by: .seconds(1))
            await time.sleepers(atLeast: 2)
        }
        try await credentials.ready()
        try makeHandshake(tls)
        await credentials.shutdown()
        #expect(time.sleeperCount == 0)
        try makeHandshake(tls)
        #expect(Set(events.all) == ["identityLoaded", "trustFailed", "trustLoaded"])
    }

    @Test("warnings about the expiry are events")
    func expiring() async throws {
        let root = try TestAuthority()
        let time = ManualClock()
        let events = Events()
        let identity = try root.issue(
            Wish("spiffe://prod.example/users") {
                $0.validFrom = 0
                $0.validUntil = 1000
            }
        ).identity
        let (start, began) = (identity.validity.start, time.now)
        let credentials = TLSCredentials(
            identity: .fixed(identity),
            trust: [],
            clock: time.clock,
            wallClock: { WallTime(seconds: start.seconds + Int64(began.duration(to: time.now) / .seconds(1))) },
            onEvent: events.take
        )
        credentials.start()
        try await credentials.ready()
        for _ in 0..<60 {
            await time.sleepers()
            time.advance(to: time.nextWakeUp!)
        }
        await time.sleepers()
        await credentials.shutdown()
        let warnings = events.all.filter { $0.hasPrefix("identityExpiring") }
        #expect(warnings == ["identityExpiring 250.0", "identityExpiring 100.0", "identityExpiring 0.0"])
    }

    @Test("a source that has recovered says so, even if nothing is new")
    func recovery() async throws {
        let root = try TestAuthority()
        let events = Events()
        let (identity, trust) = (Switch<TLSIdentity>(), Switch<[TrustBundle]>())
        let credentials = TLSCredentials(identity: identity, trust: [trust], onEvent: events.take)
        let (good, bundles) = (try root.issue("spiffe://prod.example/users").identity, [try root.bundle()])
        identity.set(good)
        trust.set(bundles)
        credentials.start()
        try await credentials.ready()
        while events.all.count < 2 { await Task.yield() }
        for _ in 0..<2 {
            identity.set(good)
            trust.set(bundles)
        }
        #expect(events.all.count == 2)
        identity.fail(NoAnswer())
        identity.set(good)
        identity.set(good)
        trust.fail(NoAnswer())
        trust.set(bundles)
        trust.set(bundles)
        #expect(events.all.dropFirst(2) == ["identityFailed", "identityLoaded", "trustFailed", "trustLoaded"])
        await credentials.shutdown()
    }

    @Test("whoever waits for a source that never answered is told when the credentials are shut down")
    func shutDownBeforeReady() async throws {
        let root = try TestAuthority()
        let silent = Switch<[TrustBundle]>()
        let credentials = TLSCredentials(
            identity: .fixed(try root.issue("spiffe://prod.example/users").identity),
            trust: [.fixed([try root.bundle()]), silent]
        )
        credentials.start()
        let waiting = Task { try await credentials.ready() }
        await credentials.shutdown()
        for _ in 0..<2 {
            let error = await #expect(throws: CredentialSourceError.self) { try await waiting.value }
            #expect(error?.source.contains("trust 2") == true, "\(error?.description ?? "")")
            #expect(error?.source.contains("trust 1") == false)
            await #expect(throws: CredentialSourceError.self) { try await credentials.ready() }
        }
        // A new start may be waited for again.
        credentials.start()
        silent.set([try root.bundle("other.example")])
        try await credentials.ready()
        await credentials.shutdown()
        try await credentials.ready()
    }

    private func makeHandshake(_ tls: ClientTLS) throws {
        _ = try tls.makeHandshake(
            with: Endpoint(.ip(.v4(0x7F00_0001), port: 1), expectedIdentity: .trustDomain("prod.example")),
            serverName: nil,
            applicationProtocols: []
        )
    }
}
#endif
