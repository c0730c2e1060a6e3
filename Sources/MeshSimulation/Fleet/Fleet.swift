import MeshCore
import MeshDiscovery
import MeshLoadBalancing
import MeshTelemetry
import MeshTesting
import ServiceMesh

/// A fleet in virtual time: its servers, its clients with a mesh each, and the calls between them.
///
/// Safe to send although it is mutable: only what runs in one ``VirtualTime`` touches it, one after another on one thread.
final class Fleet: @unchecked Sendable {
    /// The service that is called.
    static let service: ServiceName = "service"
    /// How long after the last call has begun the others are waited for.
    static let patience: Duration = .seconds(60)
    /// What a caller that waits for its calls waits after one that took no time at all, or time would never go on.
    static let shortestCall: Duration = .milliseconds(1)

    let scenario: Scenario
    let time: VirtualTime
    let recorder: Recorder
    /// The beginning of the scenario.
    let origin: MeshInstant
    /// All servers that there ever were, by their numbers.
    private(set) var servers: [SimulatedServer] = []
    /// How many times over each zone is cut off.
    private var lostZones: [String: Int] = [:]

    private var clients: [SimulatedClient] = []
    private var retired: [SimulatedClient] = []
    private var configuration: ClientConfiguration?
    /// What discovery says.
    private var published = EndpointSet.empty
    private var wanted = LoadNews.nothing
    private var members: [Int] = []
    private var random: SplitMix64
    private var seeds: SplitMix64
    private var wishes: WishSource
    private var rate: Double
    private var nextArrival: VirtualTime.Timer?
    private var begun = 0
    private var underWay = 0
    private var isOver = false
    private var whenIdle: CheckedContinuation<Void, Never>?
    private var latencies: [String: [String: UInt64]] = [:]
    private let progress: (@Sendable (Double) -> Void)?

    init(
        _ scenario: Scenario,
        time: VirtualTime,
        progress: (@Sendable (Double) -> Void)?
    ) {
        self.scenario = scenario
        self.time = time
        self.progress = progress
        // The meshes are made, and discovery speaks, in the millisecond before.
        origin = time.now.advanced(by: .milliseconds(1))
        recorder = Recorder(time: time, origin: origin, warmUp: scenario.warmUp, duration: scenario.duration)
        seeds = SplitMix64(seed: scenario.seed)
        random = SplitMix64(seed: seeds.next())
        // Not one of the seeds in their order: without keys everything else must stay as it was.
        wishes = WishSource(scenario.clients, seed: SplitMix64.mixed(scenario.seed))
        switch scenario.clients.arrivals {
        case .poisson(let perSecond), .constant(let perSecond): rate = perSecond
        case .closed: rate = 0
        }
    }

    /// Lives through the scenario.
    func run(_ configuration: ClientConfiguration) async throws {
        wanted = LoadNews(for: configuration.loadBalancing)
        for group in scenario.servers {
            for index in 0..<group.count { addServer(group, zoneIndex: index) }
        }
        members = Array(servers.indices)
        published = EndpointSet(members.map { servers[$0].endpoint })
        self.configuration = configuration
        for index in 0..<scenario.clients.count { clients.append(try makeClient(index, configuration)) }
        recorder.published(members)
        try await time.clock.sleep(until: origin)

        for event in scenario.timeline { at(event.at) { $0.apply(event.change) } }
        for index in 1...Recorder.sliceCount {
            at(recorder.sliceDuration * index - .nanoseconds(1)) { fleet in
                fleet.recorder.sample(index - 1, fleet.servers)
                fleet.progress?(Double(index) / Double(Recorder.sliceCount))
            }
        }
        at(scenario.duration) { $0.stopArrivals() }
        at(scenario.duration + Self.patience) { $0.giveUp() }
        begin()
        await withCheckedContinuation { whenIdle = $0 }
        recorder.leftUnfinished(underWay)
        for client in clients + retired { await client.mesh.shutdown() }
    }

    /// The server at an address; `nil` if there never was one.
    func server(at address: Address) -> SimulatedServer? {
        guard let number = SimulatedServer.number(of: address), servers.indices.contains(number) else { return nil }
        return servers[number]
    }

    /// How long a message takes one way, in nanoseconds.
    func latency(from: String, to: String) -> UInt64 {
        if scenario.network.links.isEmpty { return UInt64(scenario.network.latency.clampedNanoseconds) }
        if let known = latencies[from]?[to] { return known }
        let latency = UInt64(scenario.network.latency(from: from, to: to).clampedNanoseconds)
        latencies[from, default: [:]][to] = latency
        return latency
    }

    // MARK: Servers

    @discardableResult
    func addServer(_ group: ServerGroup, zoneIndex: Int) -> SimulatedServer {
        let server = SimulatedServer(
            number: servers.count,
            group: group,
            zone: group.zones.isEmpty ? "" : group.zones[zoneIndex % group.zones.count],
            seed: seeds.next(),
            wanted: wanted,
            time: time,
            recorder: recorder
        )
        server.isReachable = isReachable(server.zone)
        servers.append(server)
        recorder.added(server)
        server.start()
        server.startAntagonist(origin: origin)
        return server
    }

    /// The servers in discovery.
    var listed: [SimulatedServer] { members.map { servers[$0] } }

    /// Lists a server in discovery.
    func list(_ server: SimulatedServer) {
        members.append(server.number)
        publish()
    }

    /// Takes servers off the list of discovery.
    func unlist(_ gone: [SimulatedServer]) {
        let numbers = Set(gone.map(\.number))
        members.removeAll { numbers.contains($0) }
        publish()
    }

    /// Cuts a zone off, or puts an end to one time that it was.
    func setZone(_ zone: String, isLost: Bool) {
        lostZones[zone, default: 0] += isLost ? 1 : -1
        for server in servers where server.zone == zone { server.isReachable = isReachable(zone) }
    }

    private func isReachable(_ zone: String) -> Bool { lostZones[zone, default: 0] == 0 }

    private func publish() {
        let set = EndpointSet(members.map { servers[$0].endpoint })
        let members = members
        at(after: scenario.discoveryDelay) { fleet in
            fleet.published = set
            fleet.recorder.published(members)
            for client in fleet.clients { client.resolver.yield(set) }
        }
    }

    // MARK: Clients

    private func makeClient(_ index: Int, _ configuration: ClientConfiguration) throws -> SimulatedClient {
        let service = configuration.service(for: index)
        // One of its own for each, because those who iterate one resolver hear from it in no fixed order.
        let resolver = ScriptedResolver(published)
        var resolvers = ResolverRegistry()
        resolvers.register("simulated") { _, _ in resolver }
        let mesh = Mesh(
            MeshConfiguration(
                services: [Self.service: service],
                drainTimeout: .zero,
                instance: configuration.place(of: index)
            ),
            environment: MeshEnvironment(
                clock: time.clock,
                resolvers: resolvers,
                seed: seeds.next(),
                metrics: .none,
                tracer: .none
            )
        )
        follow(mesh, index)
        let client = try mesh.client(
            for: Self.service,
            over: SimulatedTransport(fleet: self, client: index, zone: scenario.clients.zone(of: index)),
            classifier: SimulatedClassifier(classification: service.http)
        )
        return SimulatedClient(mesh: mesh, service: client, resolver: resolver, time: time)
    }

    /// Replaces a client by one that has learnt nothing; the old one goes when its calls have ended.
    func restartClient(_ index: Int) {
        guard !isOver, let configuration, let new = try? makeClient(index, configuration) else { return }
        recorder.note(.clientRestarted, index)
        clients[index].retire()
        retired.append(clients[index])
        clients[index] = new
    }

    private func follow(_ mesh: Mesh, _ client: Int) {
        let events = mesh.events.subscribe(bufferingNewest: 1 << 16)
        _ = Task.detached(executorPreference: time) { [recorder] in
            for await event in events {
                switch event {
                case .endpointEjected(_, let address, _, _):
                    recorder.ejected(SimulatedServer.number(of: address) ?? 0, by: client)
                case .endpointReadmitted(_, let address):
                    recorder.readmitted(SimulatedServer.number(of: address) ?? 0, by: client)
                case .panicEntered(_, let available, let total):
                    recorder.note(.panic, available, UInt64(total))
                default:
                    break
                }
            }
        }
    }

    // MARK: Calls

    private func begin() {
        if case .closed(let concurrency) = scenario.clients.arrivals {
            for caller in 0..<concurrency {
                _ = Task.detached(executorPreference: time) { [self] in
                    while takesCall() {
                        let start = time.now
                        await call(caller % clients.count)
                        if time.now == start { try? await time.clock.sleep(for: Self.shortestCall) }
                    }
                }
            }
        } else {
            scheduleArrival()
        }
    }

    /// Calls come at another rate from now on.
    func setRate(_ perSecond: Double) {
        rate = perSecond
        nextArrival.take().map(time.cancel)
        scheduleArrival()
    }

    private func scheduleArrival() {
        guard rate > 0, !isOver else { return }
        let gap: Double
        if case .poisson = scenario.clients.arrivals { gap = random.exponential() / rate } else { gap = 1 / rate }
        let instant = time.now.advanced(byNanoseconds: gap * 1e9)
        nextArrival = time.schedule(at: instant) { [self] in
            scheduleArrival()
            guard takesCall() else { return }
            let client = clients.count == 1 ? 0 : random.index(below: clients.count)
            _ = Task.detached(executorPreference: time) { [self] in await call(client) }
        }
    }

    /// Counts a call in, if there is to be another.
    private func takesCall() -> Bool {
        guard !isOver else { return false }
        if let limit = scenario.clients.maximumCalls, begun >= limit {
            stopArrivals()
            return false
        }
        begun += 1
        underWay += 1
        return true
    }

    private func call(_ index: Int) async {
        let start = time.now
        let wish = wishes.next()
        let client = clients[index]
        client.callBegan()
        var failure: String?
        do {
            // Most calls ask for nothing: they are spared a frame.
            let response =
                wish.isNone
                ? try await client.service.call(SimulatedRequest()) : try await client.call(SimulatedRequest(), wish)
            if response.status >= 400 { failure = "\(response.status)" }
        } catch {
            failure = (error as? MeshError)?.code.rawValue ?? "cancelled"
        }
        client.callEnded()
        guard !isCutOff else { return }
        recorder.ended(startedAt: start, failure: failure)
        underWay -= 1
        if isOver, underWay == 0 { finish() }
    }

    private var isCutOff = false

    private func stopArrivals() {
        guard !isOver else { return }
        isOver = true
        if underWay == 0 { finish() }
    }

    private func giveUp() {
        guard underWay > 0 else { return }
        isCutOff = true
        finish()
    }

    private func finish() {
        whenIdle.take()?.resume()
    }

    // MARK: Time

    /// Does something at an instant counted from the beginning of the scenario.
    func at(_ offset: Duration, _ action: @escaping @Sendable (Fleet) -> Void) {
        time.schedule(at: origin.advanced(by: offset)) { [weak self] in self.map(action) }
    }

    /// Does something after a while; at once if that is nothing.
    func at(after delay: Duration, _ action: @escaping @Sendable (Fleet) -> Void) {
        guard delay > .zero else { return action(self) }
        at(later: delay, action)
    }

    /// Does something after a while, and not before what is done now is over.
    func at(later delay: Duration, _ action: @escaping @Sendable (Fleet) -> Void) {
        time.schedule(at: time.now.advanced(by: delay)) { [weak self] in self.map(action) }
    }
}
