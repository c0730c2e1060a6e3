import MeshCore
import MeshDiscovery
import MeshFileDiscovery
import MeshTesting
import TestSupport
import Testing

struct FileResolverTests {
    private let directory: TemporaryDirectory
    private let time = ManualClock()

    init() throws {
        directory = try TemporaryDirectory()
    }

    private static func document(_ addresses: String...) -> String {
        let endpoints = addresses.map { "{\"address\":\"\($0)\"}" }.joined(separator: ",")
        return "{\"endpoints\":[\(endpoints)]}"
    }

    private static func set(_ addresses: String...) -> Resolution {
        .endpoints(EndpointSet(addresses.compactMap { try? Endpoint(Address($0)) }))
    }

    private func resolver(_ name: String = "users.json", sizeLimit: Int = 16 << 20) -> FileResolver {
        FileResolver(path: directory.file(name), sizeLimit: sizeLimit, clock: time.clock)
    }

    /// The next element, with time passing as long as it takes.
    private func next(_ iterator: inout FileResolver.AsyncIterator) async -> Resolution? {
        let answer = Flag()
        async let pump: Void = { [time] in
            while !answer.isRaised {
                if time.sleeperCount > 0 { time.advance(by: .seconds(1)) }
                await Task.yield()
            }
        }()
        let resolution = await iterator.next(isolation: nil)
        answer.raise()
        await pump
        return resolution
    }

    private func expectFailure(
        _ resolution: Resolution?,
        _ reason: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        guard case .failure(let error) = resolution else {
            Issue.record("no failure: \(String(describing: resolution))", sourceLocation: sourceLocation)
            return
        }
        #expect(error.source.hasPrefix(directory.path), sourceLocation: sourceLocation)
        #expect(error.reason.contains(reason), "\(error)", sourceLocation: sourceLocation)
    }

    @Test func `yields the set, then changes, and equal sets once`() async throws {
        try directory.write(Self.document("10.0.0.1:80"), to: "users.json")
        var iterator = resolver().resolutions().makeAsyncIterator()
        #expect(await next(&iterator) == Self.set("10.0.0.1:80"))

        try directory.write("  " + Self.document("10.0.0.1:80"), to: "users.json")
        time.advance(by: .seconds(1))
        try directory.replace("users.json", with: Self.document("10.0.0.2:80"))
        #expect(await next(&iterator) == Self.set("10.0.0.2:80"))
    }

    @Test func `looks at the file once per interval`() async throws {
        try directory.write(Self.document("10.0.0.1:80"), to: "users.json")
        let resolver = FileResolver(path: directory.file("users.json"), pollInterval: .seconds(7), clock: time.clock)
        let task = Task {
            var seen: [Resolution] = []
            for await resolution in resolver.resolutions() {
                seen.append(resolution)
                if seen.count == 2 { break }
            }
            return seen
        }
        let start = time.now
        await time.sleepers()
        #expect(time.nextWakeUp == start.advanced(by: .seconds(7)))
        try directory.replace("users.json", with: Self.document("10.0.0.2:80"))
        time.advance(by: .seconds(6))
        #expect(time.sleeperCount == 1)
        time.advance(by: .seconds(1))
        #expect(await task.value == [Self.set("10.0.0.1:80"), Self.set("10.0.0.2:80")])
    }

    @Test func `a slow reader does not wait for a poll that is due`() async throws {
        try directory.write(Self.document("10.0.0.1:80"), to: "users.json")
        var iterator = resolver().resolutions().makeAsyncIterator()
        _ = await iterator.next(isolation: nil)
        try directory.replace("users.json", with: Self.document("10.0.0.2:80"))
        time.advance(by: .seconds(10))
        #expect(await iterator.next(isolation: nil) == Self.set("10.0.0.2:80"))
    }

    @Test func `a missing file is a failure that heals`() async throws {
        var iterator = resolver().resolutions().makeAsyncIterator()
        expectFailure(await next(&iterator), "the file does not exist")
        try directory.replace("users.json", with: Self.document("10.0.0.1:80"))
        #expect(await next(&iterator) == Self.set("10.0.0.1:80"))
        try directory.delete("users.json")
        expectFailure(await next(&iterator), "the file does not exist")
        try directory.replace("users.json", with: Self.document("10.0.0.1:80"))
        #expect(await next(&iterator) == Self.set("10.0.0.1:80"))
    }

    @Test func `a write that is torn in the middle is a failure until it is complete`() async throws {
        let whole = Array(Self.document("10.0.0.1:80", "10.0.0.2:80").utf8)
        try directory.write(Self.document("10.0.0.1:80"), to: "users.json")
        var iterator = resolver().resolutions().makeAsyncIterator()
        #expect(await next(&iterator) == Self.set("10.0.0.1:80"))
        for length in [0, 1, whole.count / 2, whole.count - 1] {
            try directory.write(Array(whole[..<length]), to: "users.json")
            expectFailure(await next(&iterator), "is it being written?")
        }
        try directory.write(whole, to: "users.json")
        #expect(await next(&iterator) == Self.set("10.0.0.1:80", "10.0.0.2:80"))
    }

    @Test func `garbage is a failure with line and column`() async throws {
        try directory.write("{\n  \"endpoints\": [\n    oops\n  ]\n}", to: "users.json")
        var iterator = resolver().resolutions().makeAsyncIterator()
        expectFailure(await next(&iterator), "line 3, column 5 in endpoints[0]: expected an object, found \"o\"")
        try directory.write([0xFF, 0xFE, 0x00], to: "users.json")
        expectFailure(await next(&iterator), "found byte 0xff")
    }

    @Test func `follows the links of a Kubernetes ConfigMap`() async throws {
        try directory.makeDirectory("..2026_01")
        try directory.write(Self.document("10.0.0.1:80"), to: "..2026_01/users.json")
        try directory.link("..data", to: "..2026_01")
        try directory.link("users.json", to: "..data/users.json")
        var iterator = resolver().resolutions().makeAsyncIterator()
        #expect(await next(&iterator) == Self.set("10.0.0.1:80"))

        try directory.makeDirectory("..2026_02")
        try directory.write(Self.document("10.0.0.2:80"), to: "..2026_02/users.json")
        try directory.relink("..data", to: "..2026_02")
        #expect(await next(&iterator) == Self.set("10.0.0.2:80"))

        try directory.delete("..2026_01/users.json")
        try directory.delete("..data")
        expectFailure(await next(&iterator), "the file does not exist")
        try directory.link("..data", to: "..2026_02")
        #expect(await next(&iterator) == Self.set("10.0.0.2:80"))
    }

    @Test func `a link in a circle is a failure`() async throws {
        try directory.link("users.json", to: "users.json")
        var iterator = resolver().resolutions().makeAsyncIterator()
        expectFailure(await next(&iterator), "errno")
    }

    @Test func `what is no regular file is a failure and does not block`() async throws {
        try directory.makeDirectory("users.json")
        var iterator = resolver().resolutions().makeAsyncIterator()
        expectFailure(await next(&iterator), "it is a directory")
        try directory.makePipe("pipe")
        iterator = resolver("pipe").resolutions().makeAsyncIterator()
        expectFailure(await next(&iterator), "not a regular file")
    }

    @Test func `a file above the limit is a failure`() async throws {
        try directory.write(Self.document("10.0.0.1:80"), to: "users.json")
        let size = Self.document("10.0.0.1:80").utf8.count
        var iterator = resolver(sizeLimit: size - 1).resolutions().makeAsyncIterator()
        expectFailure(await next(&iterator), "the file has \(size) bytes; the limit is \(size - 1)")
        iterator = resolver(sizeLimit: size).resolutions().makeAsyncIterator()
        #expect(await next(&iterator) == Self.set("10.0.0.1:80"))
    }

    @Test func `reads a hundred thousand endpoints`() async throws {
        let entries = (0..<100_000).map { "{\"address\":\"10.\($0 >> 16).\($0 >> 8 & 255).\($0 & 255):80\"}" }
        try directory.write("{\"endpoints\":[\n" + entries.joined(separator: ",\n") + "\n]}", to: "users.json")
        var iterator = resolver().resolutions().makeAsyncIterator()
        guard case .endpoints(let set) = await iterator.next(isolation: nil) else {
            Issue.record("no set")
            return
        }
        #expect(set.count == 100_000)
        #expect(set.endpoints.last?.address == (try Address("10.1.134.159:80")))
    }

    @Test func `keeps no descriptor open between two looks`() async throws {
        try directory.write(Self.document("10.0.0.1:80"), to: "users.json")
        var iterator = resolver().resolutions().makeAsyncIterator()
        _ = await next(&iterator)
        #expect(openDescriptors(below: directory.path) ?? 0 == 0)
        try directory.write("garbage", to: "users.json")
        _ = await next(&iterator)
        #expect(openDescriptors(below: directory.path) ?? 0 == 0)
    }

    @Test func `obeys the rules of resolvers`() async throws {
        let report = try await ResolverConformance {
            let directory = try TemporaryDirectory()
            let time = ManualClock()
            try directory.replace("users.json", with: "{\"endpoints\":[]}")
            return ResolverConformance.Subject(
                FileResolver(path: directory.file("users.json"), clock: time.clock),
                change: { set in
                    let entries = set.endpoints.map { "{\"address\":\"\($0.address)\"}" }.joined(separator: ",")
                    try directory.replace("users.json", with: "{\"endpoints\":[\(entries)]}")
                },
                fail: { try directory.write("{\"endpoints\":", to: "users.json") },
                tick: {
                    time.advance(by: .seconds(1))
                    await Task.yield()
                },
                resources: { time.sleeperCount + (openDescriptors(below: directory.path) ?? 0) }
            )
        }.check()
        #expect(report.skipped.isEmpty)
    }

    @Test func `a watcher keeps the last good set of a broken file`() async throws {
        try directory.write(Self.document("10.0.0.1:80"), to: "users.json")
        let failed = Flag()
        let watcher = EndpointWatcher(
            resolver(),
            clock: time.clock,
            onEvent: { if case .failed = $0 { failed.raise() } }
        )
        let task = Task { await watcher.run() }
        while watcher.current == nil { await Task.yield() }
        let first = watcher.current
        try directory.write("half of it", to: "users.json")
        while !failed.isRaised {
            time.advance(by: .seconds(1))
            await Task.yield()
        }
        #expect(watcher.current == first)
        task.cancel()
        await task.value
        #expect(time.sleeperCount == 0)
    }
}

struct FileTargetTests {
    @Test(arguments: ["file:///etc/mesh/users.json", "file://localhost/etc/mesh/users.json"])
    func `reads targets`(text: String) throws {
        #expect(try FileResolver(Target(text)).path == "/etc/mesh/users.json")
    }

    @Test(arguments: [
        ("static:///10.0.0.1:80", "begins with file:///"),
        ("file://etc/users.json", "\"etc\" is another host"),
        ("file:///etc/users.json?interval=1", "no query"),
    ])
    func `refuses targets and says why`(text: String, reason: String) throws {
        let target = try Target(text)
        let error = try #require(throws: InvalidTargetError.self) { try FileResolver(target) }
        #expect(error.reason.contains(reason))
    }
}
