import MeshCore

/// A server: workers, a queue before them, a speed that changes, and what goes wrong.
///
/// Safe to send although it is mutable: only what runs in one ``VirtualTime`` touches it, one after another on one thread.
final class SimulatedServer: @unchecked Sendable {
    /// Its place among all servers that there ever were.
    let number: Int
    let group: ServerGroup
    let zone: String
    let endpoint: Endpoint

    private let time: VirtualTime
    private let recorder: Recorder
    private var random: SplitMix64
    private var running: ContiguousArray<Exchange> = []
    private var queue: ContiguousArray<Exchange> = []
    private var queueHead = 0
    /// Requests that hang.
    private var hanging = 0

    /// Whether the process runs.
    private(set) var isUp = true
    /// Whether the network reaches it.
    var isReachable = true
    /// What is wrong with it.
    var fault: ServerFault?
    /// How many times as long everything takes, for each reason.
    private var slowness = Slowness()

    private struct Slowness {
        var timeline = 1.0
        var antagonist = 1.0
        var warmUp = 1.0
    }

    init(number: Int, group: ServerGroup, zone: String, seed: UInt64, time: VirtualTime, recorder: Recorder) {
        self.number = number
        self.group = group
        self.zone = zone
        self.time = time
        self.recorder = recorder
        self.fault = group.fault
        random = SplitMix64(seed: seed)
        endpoint = Endpoint(
            .ip(.v4(0x0A00_0000 + UInt32(number)), port: 80),
            weight: group.weight,
            locality: zone.isEmpty ? nil : Locality(zone: zone)
        )
    }

    /// The server that listens at an address.
    static func number(of address: Address) -> Int? {
        guard case .ip(.v4(let value), _) = address else { return nil }
        return Int(value &- 0x0A00_0000)
    }

    /// Requests that are in it.
    var inFlight: Int { running.count + queue.count - queueHead + hanging }

    // MARK: Requests

    /// A request comes in.
    func arrive(_ exchange: Exchange) {
        guard isReachable else { return recorder.note(.lost, number) }
        guard isUp else {
            recorder.note(.refused, number)
            return exchange.answer(.failure(SimulatedNetworkError.refused))
        }
        recorder.arrived(at: number)
        if let fault, fault.share == .one || random.unit() < fault.share.value { return fail(exchange, fault.kind) }
        if group.workers.map({ running.count < $0 }) ?? true { return begin(exchange) }
        if let limit = group.queueLimit, queue.count - queueHead >= limit {
            recorder.note(.shed, number)
            return exchange.answer(.success(SimulatedResponse(status: 503)))
        }
        queue.append(exchange)
    }

    private func fail(_ exchange: Exchange, _ kind: ServerFault.Kind) {
        recorder.note(.failed, number)
        switch kind {
        case .failure(let status, let after):
            time.schedule(at: time.now.advanced(by: after)) { [self] in
                if isUp, isReachable { exchange.answer(.success(SimulatedResponse(status: status))) }
            }
        case .hang:
            hanging += 1
        case .reset:
            exchange.answer(.failure(SimulatedNetworkError.reset))
        }
    }

    private func begin(_ exchange: Exchange) {
        exchange.work = group.work.draw(using: &random)
        exchange.updatedAt = time.now.nanoseconds
        exchange.place = running.count
        running.append(exchange)
        setTimer(exchange)
    }

    private func setTimer(_ exchange: Exchange) {
        let end = exchange.updatedAt + UInt64(exchange.work * duration)
        exchange.timer = time.schedule(at: MeshInstant(nanoseconds: end)) { exchange.server.finish(exchange) }
    }

    private func finish(_ exchange: Exchange) {
        let last = running.removeLast()
        if last !== exchange {
            running[exchange.place] = last
            last.place = exchange.place
        }
        recorder.note(.served, number)
        if isReachable { exchange.answer(.success(SimulatedResponse(status: 200))) }
        beginNext()
    }

    private func beginNext() {
        while queueHead < queue.count, group.workers.map({ running.count < $0 }) ?? true {
            let next = queue[queueHead]
            queueHead += 1
            if queueHead == queue.count {
                queue.removeAll(keepingCapacity: true)
                queueHead = 0
            } else if queueHead > 1024, queueHead * 2 > queue.count {
                queue.removeFirst(queueHead)
                queueHead = 0
            }
            if group.abandoned == .dropped, !next.isAwaited { continue }
            begin(next)
        }
    }

    // MARK: The process

    /// The process ends: what is in it is lost.
    func stop() {
        guard isUp else { return }
        isUp = false
        recorder.note(.stopped, number)
        let lost = running + queue[queueHead...]
        for exchange in running { exchange.timer.take().map(time.cancel) }
        running = []
        queue = []
        queueHead = 0
        hanging = 0
        guard isReachable else { return }
        for exchange in lost { exchange.answer(.failure(SimulatedNetworkError.reset)) }
    }

    /// The process begins, warming up.
    func start() {
        isUp = true
        recorder.note(.started, number)
        guard let warmUp = group.warmUp, warmUp.duration > .zero, warmUp.from < .one else { return }
        let steps = 20
        let begin = time.now
        for step in 0...steps {
            let share = warmUp.from.value + (1 - warmUp.from.value) * Double(step) / Double(steps)
            // A speed of nothing would never end.
            let slowness = 1 / max(share, 0.001)
            if step == 0 {
                setSlowness { $0.warmUp = slowness }
            } else {
                let instant = begin.advanced(by: warmUp.duration * Double(step) / Double(steps))
                time.schedule(at: instant) { [self] in setSlowness { $0.warmUp = slowness } }
            }
        }
    }

    /// Lets the antagonist begin.
    func startAntagonist(origin: MeshInstant) {
        switch group.antagonist {
        case nil:
            break
        case .schedule(let steps):
            for step in steps {
                let instant = origin.advanced(by: step.at)
                if instant <= time.now {
                    setSlowness { $0.antagonist = step.slowdown }
                } else {
                    time.schedule(at: instant) { [self] in setSlowness { $0.antagonist = step.slowdown } }
                }
            }
        case .random(let calm, let busy, let slowdown):
            var own = SplitMix64(seed: random.next())
            // In the state in which it is found at a random instant.
            let isBusy = own.unit() < busy.inSeconds / max(busy.inSeconds + calm.inSeconds, 1e-9)
            alternate(isBusy: isBusy, calm: calm, busy: busy, slowdown: slowdown, random: own)
        }
    }

    private func alternate(isBusy: Bool, calm: Duration, busy: Duration, slowdown: Double, random: SplitMix64) {
        var random = random
        setSlowness { $0.antagonist = isBusy ? slowdown : 1 }
        let stay = (isBusy ? busy : calm).inSeconds * random.exponential()
        let next = random
        let instant = MeshInstant(nanoseconds: time.now.nanoseconds + UInt64(stay * 1e9) + 1)
        time.schedule(at: instant) { [self] in
            guard isUp else { return }
            alternate(isBusy: !isBusy, calm: calm, busy: busy, slowdown: slowdown, random: next)
        }
    }

    /// Everything takes `factor` times as long from now on.
    func slow(by factor: Double) {
        setSlowness { $0.timeline = factor }
    }

    /// How long a nanosecond of work takes.
    private var duration: Double { slowness.timeline * slowness.antagonist * slowness.warmUp / group.speed }

    /// Changes the speed, also of what is being worked on.
    private func setSlowness(_ change: (inout Slowness) -> Void) {
        let before = duration
        change(&slowness)
        guard duration != before else { return }
        recorder.note(.speedChanged, number)
        let now = time.now.nanoseconds
        for exchange in running {
            exchange.timer.take().map(time.cancel)
            exchange.work = max(0, exchange.work - Double(now - exchange.updatedAt) / before)
            exchange.updatedAt = now
            setTimer(exchange)
        }
    }
}
