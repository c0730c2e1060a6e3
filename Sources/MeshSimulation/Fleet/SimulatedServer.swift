import MeshCore
import MeshLoadBalancing

/// A server: workers, a queue before them, a speed that changes, and what goes wrong.
///
/// Safe to send although it is mutable: only what runs in one ``VirtualTime`` touches it, one after another on one thread.
final class SimulatedServer: @unchecked Sendable {
    /// Its place among all servers that there ever were.
    let number: Int
    let group: ServerGroup
    let zone: String
    let endpoint: Endpoint

    let time: VirtualTime
    private let recorder: Recorder
    private var random: SplitMix64
    private var running = ExchangeBag()
    private var queue: ContiguousArray<Exchange> = []
    private var queueHead = 0
    /// Requests that a fault keeps: those that hang, and those that fail later.
    private var held = ExchangeBag()
    /// In place of ``running``, if the requests share cores.
    private var processor: SharedProcessor?
    private var processorTimer: VirtualTime.Timer?
    /// The steps of the warm-up that are still to come.
    private var warmUpTimers: [VirtualTime.Timer] = []
    /// What answers probes, if there are any.
    private let tracker: RequestLoadTracker?
    /// What load reports are made from, if there are any.
    private var meter: LoadMeter?

    /// Whether the process runs.
    private(set) var isUp = true
    /// Whether it has stopped for good.
    private var isRetired = false
    /// Whether the network reaches it.
    var isReachable = true
    /// What the timeline says is wrong with it.
    private var faults = Standing<ServerFault>()
    /// How many times as long everything takes as the timeline has it.
    private var slowdowns = Standing<Double>()
    /// How many times as long everything takes, for each reason.
    private var slowness = Slowness()

    struct Slowness {
        var timeline = 1.0
        var antagonist = 1.0
        var warmUp = 1.0
        /// What the antagonist leaves, if it takes cores.
        var coresLeft: Double?
    }

    init(
        number: Int,
        group: ServerGroup,
        zone: String,
        seed: UInt64,
        wanted: LoadNews,
        time: VirtualTime,
        recorder: Recorder
    ) {
        self.number = number
        self.group = group
        self.zone = zone
        self.time = time
        self.recorder = recorder
        random = SplitMix64(seed: seed)
        processor = group.cores.map { SharedProcessor(cores: $0) }
        tracker = wanted == .probes && group.probes != .none ? RequestLoadTracker(clock: time.clock) : nil
        meter = wanted == .reports ? LoadMeter(window: group.reportWindow, at: time.now) : nil
        endpoint = Endpoint(
            .ip(.v4(0x0A00_0000 + UInt32(number)), port: 80),
            weight: group.weight,
            locality: zone.isEmpty ? nil : Locality(zone: zone),
            priority: group.priority,
            metadata: group.metadata
        )
    }

    /// The server that listens at an address.
    static func number(of address: Address) -> Int? {
        guard case .ip(.v4(let value), _) = address else { return nil }
        return Int(value &- 0x0A00_0000)
    }

    /// Requests that are in it.
    var inFlight: Int { working + queue.count - queueHead + held.count }

    /// Requests that are worked on.
    private var working: Int { processor?.count ?? running.count }

    private var hasFreeWorker: Bool { group.workers.map { working < $0 } ?? true }

    // MARK: Requests

    /// A request comes in.
    func arrive(_ exchange: Exchange) {
        guard isReachable else { return recorder.note(.lost, number) }
        guard isUp else {
            recorder.note(.refused, number)
            return exchange.answer(.failure(SimulatedNetworkError.refused))
        }
        recorder.arrived(at: number)
        exchange.tracked = tracker?.start()
        if let fault = faults.current ?? group.fault, fault.share == .one || random.unit() < fault.share.value {
            return fail(exchange, fault.kind)
        }
        if hasFreeWorker { return begin(exchange) }
        if let limit = group.queueLimit, queue.count - queueHead >= limit {
            recorder.note(.shed, number)
            return answer(exchange, status: 503)
        }
        queue.append(exchange)
    }

    private func fail(_ exchange: Exchange, _ kind: ServerFault.Kind) {
        recorder.note(.failed, number)
        switch kind {
        case .failure(let status, let after):
            held.insert(exchange)
            exchange.timer = time.schedule(at: time.now.advanced(by: after)) { [self] in
                held.remove(exchange)
                exchange.tracked = nil
                if isReachable { answer(exchange, status: status) }
            }
        case .hang:
            held.insert(exchange)
        case .reset:
            exchange.tracked = nil
            exchange.answer(.failure(SimulatedNetworkError.reset))
        }
    }

    private func begin(_ exchange: Exchange) {
        exchange.work = group.work.draw(using: &random)
        guard processor == nil else {
            processor?.insert(exchange, work: exchange.work, at: time.now.nanoseconds)
            busyChanged()
            return setProcessorTimer()
        }
        exchange.updatedAt = time.now.nanoseconds
        running.insert(exchange)
        setTimer(exchange)
        busyChanged()
    }

    private func setTimer(_ exchange: Exchange) {
        let end = MeshInstant(nanoseconds: exchange.updatedAt).advanced(byNanoseconds: exchange.work * duration)
        exchange.timer = time.schedule(at: end) { exchange.server.finish(exchange) }
    }

    private func finish(_ exchange: Exchange) {
        running.remove(exchange)
        served(exchange)
    }

    private func setProcessorTimer() {
        processorTimer.take().map(time.cancel)
        processorTimer = processor?.firstEnd.map { end in
            time.schedule(at: end) { [self] in
                processorTimer = nil
                guard let exchange = processor?.removeFirst(at: time.now.nanoseconds) else { return }
                setProcessorTimer()
                served(exchange)
            }
        }
    }

    private func served(_ exchange: Exchange) {
        recorder.note(.served, number)
        busyChanged()
        exchange.tracked.take()?.end()
        if isReachable { answer(exchange, status: 200) }
        beginNext()
    }

    private func answer(_ exchange: Exchange, status: Int) {
        // What failed says nothing about how long work takes.
        exchange.tracked = nil
        exchange.answer(.success(SimulatedResponse(status: status, news: news(status))))
    }

    private func beginNext() {
        while queueHead < queue.count, hasFreeWorker {
            let next = queue[queueHead]
            queueHead += 1
            if queueHead == queue.count {
                queue.removeAll(keepingCapacity: true)
                queueHead = 0
            } else if queueHead > 1024, queueHead * 2 > queue.count {
                queue.removeFirst(queueHead)
                queueHead = 0
            }
            if group.abandoned == .dropped, !next.isAwaited {
                next.tracked = nil
                continue
            }
            begin(next)
        }
    }

    // MARK: What it says of itself

    /// What it answers to a probe; `nil` if it does not answer.
    func probe() -> ProbeResponse? {
        guard isUp, isReachable, group.probes == .separate || group.probes == .both else { return nil }
        return tracker?.answer()
    }

    private func news(_ status: Int) -> ServerNews? {
        if meter != nil {
            if status < 400 { meter?.answered(at: time.now) } else { meter?.failed(at: time.now) }
            return ServerNews(report: meter?.report(at: time.now))
        }
        guard let tracker, group.probes == .onResponses || group.probes == .both else { return nil }
        return ServerNews(probe: tracker.answer())
    }

    private func busyChanged() {
        guard meter != nil else { return }
        let share: Double
        if let processor, let cores = group.cores {
            share = processor.busyCores / cores
        } else {
            share = Double(running.count) / Double(group.workers ?? 1)
        }
        meter?.setBusy(share, at: time.now)
    }

    // MARK: The process

    /// The process ends: what is in it is lost.
    func stop() {
        guard isUp else { return }
        isUp = false
        recorder.note(.stopped, number)
        for timer in warmUpTimers { time.cancel(timer) }
        warmUpTimers = []
        processorTimer.take().map(time.cancel)
        let lost = running.removeAll() + (processor?.removeAll() ?? []) + queue[queueHead...] + held.removeAll()
        queue = []
        queueHead = 0
        for exchange in lost {
            exchange.timer.take().map(time.cancel)
            exchange.tracked = nil
        }
        busyChanged()
        guard isReachable else { return }
        for exchange in lost { exchange.answer(.failure(SimulatedNetworkError.reset)) }
    }

    /// The process ends for good: what would start it again does not.
    func retire() {
        isRetired = true
        stop()
    }

    /// The process begins, warming up.
    func start() {
        guard !isRetired else { return }
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
                warmUpTimers.append(time.schedule(at: instant) { [self] in setSlowness { $0.warmUp = slowness } })
            }
        }
    }

    /// A seed for randomness of its own.
    func drawSeed() -> UInt64 { random.next() }

    /// Everything takes `factor` times as long until that is ended.
    func beginSlow(by factor: Double) -> Standing<Double>.Token {
        let token = slowdowns.begin(factor)
        setSlowness { $0.timeline = factor }
        return token
    }

    func endSlow(_ token: Standing<Double>.Token) {
        slowdowns.end(token)
        setSlowness { $0.timeline = slowdowns.current ?? 1 }
    }

    /// Something goes wrong until that is ended.
    func beginFault(_ fault: ServerFault) -> Standing<ServerFault>.Token { faults.begin(fault) }

    func endFault(_ token: Standing<ServerFault>.Token) { faults.end(token) }

    /// How long a nanosecond of work takes.
    private var duration: Double { slowness.timeline * slowness.antagonist * slowness.warmUp / group.speed }

    /// Changes the speed, also of what is being worked on.
    func setSlowness(_ change: (inout Slowness) -> Void) {
        let (before, coresBefore) = (duration, slowness.coresLeft)
        change(&slowness)
        guard duration != before || slowness.coresLeft != coresBefore else { return }
        recorder.note(.speedChanged, number)
        let now = time.now.nanoseconds
        if let cores = group.cores {
            processor?.set(cores: min(cores, slowness.coresLeft ?? cores), speed: 1 / duration, at: now)
            busyChanged()
            return setProcessorTimer()
        }
        for exchange in running.exchanges {
            exchange.timer.take().map(time.cancel)
            exchange.work = max(0, exchange.work - Double(now - exchange.updatedAt) / before)
            exchange.updatedAt = now
            setTimer(exchange)
        }
    }
}
