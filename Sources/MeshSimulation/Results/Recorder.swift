import MeshCore

/// Writes down what happens, and mixes every event into a digest.
///
/// Safe to send although it is mutable: only what runs in one ``VirtualTime`` touches it, one after another on one thread.
final class Recorder: @unchecked Sendable {
    enum Event: UInt64 {
        case sent, arrived, served, shed, failed, refused, lost, ended, started, stopped, speedChanged, ejected,
            readmitted
        case published, panic
        case probed = 16
        case clientRestarted
    }

    private struct Slice {
        var calls = 0
        var failures = 0
        var attempts = 0
        var latency = LatencyHistogram()
        var arrivals: [Int: Int] = [:]
        var inFlight: [Int: Int] = [:]
        var members: [Int] = []
        var partial: [Int: UInt64] = [:]
    }

    private struct Server {
        var name: String
        var weight: Double
        var calls = 0
        var since: UInt64?
        var presence: UInt64 = 0

        /// How long discovery has listed it since an instant, at most.
        func listed(from start: UInt64, to end: UInt64) -> UInt64 {
            since.map { end > max($0, start) ? end - max($0, start) : 0 } ?? 0
        }
    }

    /// How many slices the plots have.
    static let sliceCount = 120

    private let time: VirtualTime
    private let measureFrom: UInt64
    private let origin: UInt64
    private let end: UInt64
    private let sliceLength: UInt64
    private var slices: [Slice]
    private var servers: [Server] = []
    private var latency = LatencyHistogram()
    private var calls = 0
    private var successes = 0
    private var attempts = 0
    private var extra = 0
    private var ejections = 0
    private var readmissions = 0
    private var shed = 0
    private var probes = 0
    private var unfinished = 0
    private var failures: [String: Int] = [:]
    private var digest: UInt64 = 0
    private var eventCount = 0

    init(time: VirtualTime, origin: MeshInstant, warmUp: Duration, duration: Duration) {
        self.time = time
        self.origin = origin.nanoseconds
        measureFrom = origin.advanced(by: warmUp).nanoseconds
        end = origin.advanced(by: duration).nanoseconds
        sliceLength = max(1, UInt64(duration.clampedNanoseconds) / UInt64(Self.sliceCount))
        self.slices = Array(repeating: Slice(), count: Self.sliceCount)
    }

    /// How long a slice of the plots is.
    var sliceDuration: Duration { .nanoseconds(Int64(sliceLength)) }

    // MARK: Events

    /// Mixes an event into the digest.
    func note(_ event: Event, _ what: Int, _ value: UInt64 = 0) {
        eventCount += 1
        let word =
            time.now.nanoseconds &* 0x9E37_79B9_7F4A_7C15 ^ event.rawValue << 56 ^ UInt64(truncatingIfNeeded: what)
            << 24 ^ value
        digest = SplitMix64.mixed(digest &+ 0x9E37_79B9_7F4A_7C15 ^ word)
        if event == .shed, isMeasured(time.now.nanoseconds) { shed += 1 }
    }

    func sent(attempt: Int, by client: Int, to server: Int) {
        note(.sent, server, UInt64(client) << 8 | UInt64(attempt & 0xFF))
        let now = time.now.nanoseconds
        if let index = slice(of: now) { slices[index].attempts += 1 }
        guard isMeasured(now) else { return }
        attempts += 1
        if attempt > 1 { extra += 1 }
    }

    /// A client asks a server how loaded it is.
    func probed(_ server: Int, by client: Int) {
        note(.probed, server, UInt64(client))
        if isMeasured(time.now.nanoseconds) { probes += 1 }
    }

    func arrived(at server: Int) {
        note(.arrived, server)
        let now = time.now.nanoseconds
        if let index = slice(of: now) { slices[index].arrivals[server, default: 0] += 1 }
        if isMeasured(now) { servers[server].calls += 1 }
    }

    /// A call has ended; `failure` is `nil` if it succeeded.
    func ended(startedAt start: MeshInstant, failure: String?) {
        let now = time.now
        let nanoseconds = now.nanoseconds(since: start)
        note(.ended, failure == nil ? 0 : 1, nanoseconds)
        if let index = slice(of: start.nanoseconds) {
            slices[index].calls += 1
            slices[index].latency.add(nanoseconds)
            if failure != nil { slices[index].failures += 1 }
        }
        guard isMeasured(start.nanoseconds) else { return }
        calls += 1
        latency.add(nanoseconds)
        if let failure {
            failures[failure, default: 0] += 1
        } else {
            successes += 1
        }
    }

    /// A breaker ejected an endpoint.
    func ejected(_ server: Int, by client: Int) {
        note(.ejected, server, UInt64(client))
        if isMeasured(time.now.nanoseconds) { ejections += 1 }
    }

    func readmitted(_ server: Int, by client: Int) {
        note(.readmitted, server, UInt64(client))
        if isMeasured(time.now.nanoseconds) { readmissions += 1 }
    }

    /// Calls that had not ended when the simulation was cut off.
    func leftUnfinished(_ count: Int) {
        unfinished = count
        calls += count
        if count > 0 { failures["unfinished", default: 0] += count }
    }

    // MARK: Servers

    func added(_ server: SimulatedServer) {
        servers.append(Server(name: "\(server.group.name)-\(server.number)", weight: Double(server.endpoint.weight)))
    }

    /// These servers are in discovery from now on.
    func published(_ members: [Int]) {
        note(.published, members.count)
        let now = max(time.now.nanoseconds, origin)
        let present = Set(members)
        for index in servers.indices {
            if servers[index].since != nil, !present.contains(index) {
                if let slice = slice(of: now) {
                    let start = origin + UInt64(slice) * sliceLength
                    slices[slice].partial[index, default: 0] += servers[index].listed(from: start, to: now)
                }
                servers[index].presence += servers[index].listed(from: measureFrom, to: now)
                servers[index].since = nil
            } else if servers[index].since == nil, present.contains(index) {
                servers[index].since = now
            }
        }
    }

    /// A slice is over: how many requests are in each server.
    func sample(_ index: Int, _ fleet: [SimulatedServer]) {
        guard slices.indices.contains(index) else { return }
        for server in fleet where server.inFlight > 0 { slices[index].inFlight[server.number] = server.inFlight }
        let start = origin + UInt64(index) * sliceLength
        for number in servers.indices where servers[number].since != nil {
            slices[index].members.append(number)
            guard servers[number].since ?? 0 > start else { continue }
            slices[index].partial[number, default: 0] += servers[number].listed(from: start, to: start + sliceLength)
        }
    }

    private func isMeasured(_ instant: UInt64) -> Bool { instant >= measureFrom && instant <= end }

    private func slice(of instant: UInt64) -> Int? {
        guard instant >= origin, instant <= end else { return nil }
        return min(Int((instant - origin) / sliceLength), slices.count - 1)
    }

    // MARK: The result

    /// Requests of each server that was listed, and how many they would be if all had as many for their weight and the time that they
    /// were listed.
    private func sliceLoads(_ slice: Slice) -> [Int: SimulationResult.Load] {
        var presence: [(number: Int, seconds: Double)] = []
        func add(_ number: Int, _ nanoseconds: UInt64) {
            presence.append((number, Double(nanoseconds) / 1e9 * servers[number].weight))
        }
        for number in slice.members { add(number, slice.partial[number] ?? sliceLength) }
        let members = Set(slice.members)
        // In a fixed order, because sums of doubles depend on it.
        for (number, nanoseconds) in slice.partial.sorted(by: { $0.key < $1.key }) where !members.contains(number) {
            add(number, nanoseconds)
        }
        let total = presence.reduce(0) { $0 + $1.seconds }
        let calls = presence.reduce(0) { $0 + (slice.arrivals[$1.number] ?? 0) }
        guard total > 0 else { return [:] }
        return presence.reduce(into: [:]) { loads, server in
            let fair = Double(calls) * server.seconds / total
            loads[server.number] = .init(calls: slice.arrivals[server.number] ?? 0, fair: fair)
        }
    }

    func result(variant: String) -> SimulationResult {
        var loads: [SimulationResult.ServerLoad] = []
        var rates = 0.0
        var presence = 0.0
        for index in servers.indices {
            var server = servers[index]
            server.presence += server.listed(from: measureFrom, to: end)
            let weighted = Double(server.presence) / 1e9 * server.weight
            loads.append(.init(name: server.name, calls: server.calls, weightedPresence: weighted))
            rates += Double(server.calls)
            presence += weighted
        }
        let fair = presence > 0 ? rates / presence : 0
        var largest = 0.0
        for load in loads where load.weightedPresence > 0 && fair > 0 {
            // Who was there for a moment only says nothing.
            guard load.weightedPresence * fair >= 10 else { continue }
            largest = max(largest, Double(load.calls) / load.weightedPresence / fair)
        }
        return SimulationResult(
            variant: variant,
            calls: calls,
            successes: successes,
            attempts: attempts,
            extraRequests: extra,
            ejections: ejections,
            readmissions: readmissions,
            shedRequests: shed,
            probes: probes,
            unfinished: unfinished,
            failures: failures.sorted { $0.key < $1.key }.map { .init(kind: $0.key, count: $0.value) },
            maximumLoad: largest,
            servers: loads,
            sliceDuration: sliceDuration,
            slices: slices.enumerated().map { index, slice in
                SimulationResult.Slice(
                    start: .nanoseconds(Int64(sliceLength) * Int64(index)),
                    calls: slice.calls,
                    failures: slice.failures,
                    attempts: slice.attempts,
                    histogram: slice.latency,
                    inFlight: slice.inFlight,
                    members: slice.members,
                    loads: sliceLoads(slice)
                )
            },
            digest: digest,
            events: eventCount,
            latencies: latency
        )
    }
}
