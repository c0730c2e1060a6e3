#if Transport
import MeshCore
import MeshTelemetry
import NIOCore

/// The connections of one lane to one endpoint, and the calls that wait for one.
///
/// Lives on the event loop of its lane, and is touched nowhere else: `Sendable` unchecked so that closures for that loop may hold
/// it. What to do is decided by ``PoolState``; this does it.
final class EndpointPool: @unchecked Sendable {
    private enum Life {
        case open
        /// Takes the calls that it has to their end.
        case retired
        case shutDown
    }

    let key: PoolKey
    let endpoint: Endpoint
    let lane: Lane
    // Unchecked, because a check costs more than the access: one thread, and the state calls nobody.
    @exclusivity(unchecked) private var state: PoolState<Connection, Exchange>
    private var life = Life.open
    private var sweep: Scheduled<Void>?
    private var waitLimits: [ObjectIdentifier: Scheduled<Void>] = [:]
    private var attempts: [ObjectIdentifier: Connector.Attempt] = [:]
    /// How often a connection was missed in a row, for the minimum or beside a full one, and when it is tried again.
    private var misses = 0
    private var reconnect: Scheduled<Void>?

    init(_ key: PoolKey, endpoint: Endpoint, on lane: Lane) {
        self.key = key
        self.endpoint = endpoint
        self.lane = lane
        state = PoolState(limits: lane.settings.poolLimits(of: lane.share), sharing: lane.settings.sharing)
    }

    private var settings: TransportSettings { lane.settings }

    var connectionCount: Int { state.connections.count + state.opening }

    /// When a connection that is opened now takes its last exchange.
    func expiry(from now: NIODeadline) -> NIODeadline { settings.expiry(from: now) }

    // MARK: Calls

    func acquire(for exchange: Exchange) {
        switch state.acquire(for: exchange, at: .now()) {
        case .start(let connection):
            connection.start(exchange)
        case .open:
            limitWait(of: exchange)
            open()
        case .wait:
            limitWait(of: exchange)
        case .refused:
            exchange.fail(
                TransportError.noConnectionFree(
                    WaitLimitError(reason: "\(state.limits.maximumWaiters) calls wait already on this event loop"),
                    at: key.address
                )
            )
        }
        closeExpired()
    }

    /// A call that waits was stopped.
    func forget(_ exchange: Exchange) {
        state.forget(exchange)
        endWait(of: exchange)
        emptied()
    }

    private func limitWait(of exchange: Exchange) {
        let limit = settings.waitTimeout
        waitLimits[ObjectIdentifier(exchange)] = lane.loop.scheduleTask(in: limit) {
            // What is being opened may be for this one, and ends by itself.
            guard self.state.opening == 0 else { return self.limitOpening(for: exchange) }
            self.endWait(of: exchange, after: limit)
        }
    }

    private func limitOpening(for exchange: Exchange) {
        let rest = settings.connectTimeout
        waitLimits[ObjectIdentifier(exchange)] = lane.loop.scheduleTask(in: rest) {
            self.endWait(of: exchange, after: self.settings.waitTimeout + rest)
        }
    }

    private func endWait(of exchange: Exchange, after limit: TimeAmount) {
        state.forget(exchange)
        waitLimits[ObjectIdentifier(exchange)] = nil
        exchange.fail(
            TransportError.noConnectionFree(
                WaitLimitError(reason: "after \(limit.nanoseconds / 1_000_000) ms"),
                at: key.address
            )
        )
        emptied()
    }

    private func endWait(of exchange: Exchange) {
        waitLimits.removeValue(forKey: ObjectIdentifier(exchange))?.cancel()
    }

    private func serveWaiters() {
        while let (exchange, connection) = state.serve(at: .now()) {
            endWait(of: exchange)
            connection.start(exchange)
        }
        closeExpired()
        openMore()
    }

    /// Opens what those who wait need.
    private func openMore() {
        while state.opensAnother() { open() }
        emptied()
    }

    // MARK: Connections

    private func open() {
        scheduleSweep()
        let began = NIODeadline.now()
        let attempt = lane.connect(self)
        attempts[ObjectIdentifier(attempt)] = attempt
        attempt.result.assumeIsolated().whenComplete { result in
            self.attempts[ObjectIdentifier(attempt)] = nil
            switch result {
            case .success(let connection): self.opened(connection, after: .now() - began)
            case .failure(let error): self.openingFailed(error)
            }
        }
    }

    private func opened(_ connection: Connection, after duration: TimeAmount) {
        settings.report(.opened(key.address, connection.negotiated, after: .nanoseconds(duration.nanoseconds)))
        state.opened(connection, isShared: connection.negotiated == .http2, after: duration)
        guard connection.channel.isActive else { return closed(connection, because: nil) }
        guard life != .shutDown else { return connection.shutDown() }
        serveWaiters()
        if life == .retired { closeIdle() } else { openSpares() }
    }

    private func openingFailed(_ error: any Error) {
        settings.report(.failed(key.address, error))
        for exchange in state.openingFailed() {
            endWait(of: exchange)
            exchange.fail(error)
        }
        // Who waits still may find the endpoint back.
        openMore()
        openLater()
    }

    /// Opens what is missing of the minimum.
    func openSpares() {
        guard life == .open, reconnect == nil else { return }
        while state.opensSpare() { open() }
    }

    /// An endpoint that refuses connections, or takes and closes them, is not asked for more of them in a loop.
    private func openLater() {
        guard reconnect == nil, state.isHeldBack || life == .open && !state.hasMinimum else { return }
        misses += 1
        reconnect = lane.loop.scheduleTask(in: settings.reconnectDelay(attempt: misses)) {
            self.reconnect = nil
            self.state.triesAgain()
            self.openMore()
            self.openSpares()
        }
    }

    /// An exchange has ended and left the connection fit for another.
    func release(_ connection: Connection) {
        state.released(connection, at: .now())
        if connection.record.isDraining || life != .open && state.waiters.isEmpty {
            if connection.record.inUse == 0 {
                state.drains(connection)
                connection.closeIfIdle(because: life == .open ? .aged : .retired)
                return openMore()
            }
        }
        if !state.waiters.isEmpty { serveWaiters() }
    }

    /// An exchange has ended, and the connection must not be used again.
    func drain(_ connection: Connection) {
        state.drains(connection)
        if !state.waiters.isEmpty { openMore() }
        openLater()
    }

    /// The peer changed how many exchanges it takes at once.
    func resize(_ connection: Connection, to capacity: Int) {
        state.resized(connection, to: capacity)
        if !state.waiters.isEmpty { serveWaiters() }
    }

    /// The connection is closed.
    func closed(_ connection: Connection, because error: (any Error)?) {
        // Of one that closes in the moment it has opened this is heard twice.
        if state.closed(connection) {
            let reason = connection.closeReason ?? .remote
            settings.report(.closed(key.address, reason, reason == .broken ? error : nil))
        }
        openMore()
        openLater()
    }

    private func scheduleSweep() {
        guard sweep == nil else { return }
        sweep = lane.loop.scheduleTask(in: settings.sweepInterval) {
            self.sweep = nil
            let now = NIODeadline.now()
            for connection in self.state.sweep(at: now) {
                connection.closeIfIdle(because: connection.record.expiresAt <= now ? .aged : .idle)
            }
            if self.state.hasMinimum, !self.state.isHeldBack { self.misses = 0 }
            self.openLater()
            // An endpoint that nobody asks any more, and nobody retires, is forgotten.
            if self.state.isEmpty, self.state.hasMinimum { self.lane.hasEmptied(self) } else { self.scheduleSweep() }
        }
    }

    // MARK: The end

    /// The endpoint has left: calls go on, connections close behind them.
    func retire() {
        guard life == .open else { return }
        life = .retired
        closeIdle()
        emptied()
    }

    func shutDown() {
        guard life != .shutDown else { return }
        life = .shutDown
        reconnect?.cancel()
        reconnect = nil
        for exchange in state.removeAllWaiters() {
            endWait(of: exchange)
            exchange.fail(CancellationSignal.Reason.shutDown)
        }
        for connection in state.connections { connection.shutDown() }
        for attempt in attempts.values { attempt.fail(CancellationSignal.Reason.shutDown) }
        emptied()
    }

    private func closeExpired() {
        for connection in state.takeExpired() { connection.closeIfIdle(because: .aged) }
    }

    private func closeIdle() {
        for connection in state.connections where connection.record.inUse == 0 {
            state.drains(connection)
            connection.closeIfIdle(because: .retired)
        }
    }

    private func emptied() {
        guard life != .open, state.isEmpty else { return }
        sweep?.cancel()
        sweep = nil
        reconnect?.cancel()
        reconnect = nil
        lane.hasEmptied(self)
    }
}

/// Why a call got no connection.
struct WaitLimitError: Error, CustomStringConvertible {
    let reason: String

    var description: String { reason }
}
#endif
