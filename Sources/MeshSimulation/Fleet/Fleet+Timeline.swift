import MeshCore

extension Fleet {
    /// Lets something of the timeline happen.
    func apply(_ change: TimelineEvent.Change) {
        switch change {
        case .rate(let perSecond):
            setRate(perSecond)
        case .slow(let selection, let factor, let duration):
            during(duration, selected(selection)) {
                $0.beginSlow(by: factor)
            } end: {
                $0.endSlow($1)
            }
        case .fail(let selection, let fault, let duration):
            during(duration, selected(selection)) {
                $0.beginFault(fault)
            } end: {
                $0.endFault($1)
            }
        case .crash(let selection, let duration):
            during(duration, selected(selection)) {
                $0.stop()
            } end: { server, _ in
                server.start()
            }
        case .loseZone(let zone, let duration):
            setZone(zone, isLost: true)
            if let duration { at(after: duration) { $0.setZone(zone, isLost: false) } }
        case .restartClients(let count, let duration):
            let count = count ?? scenario.clients.count
            for index in 0..<count { at(after: duration * index / max(count, 1)) { $0.restartClient(index) } }
        case .add(let name, let count, let duration):
            guard let group = scenario.servers.first(where: { $0.name == name }) else { return }
            for index in 0..<count {
                at(after: duration * index / max(count, 1)) { $0.list($0.addServer(group, zoneIndex: index)) }
            }
        case .remove(let selection, let duration, let drain):
            let leaving = selected(selection)
            for (index, server) in leaving.enumerated() {
                at(after: duration * index / max(leaving.count, 1)) { fleet in
                    fleet.unlist([server])
                    fleet.at(after: drain) { _ in server.retire() }
                }
            }
        case .deploy(let name, let batch, let drain, let downtime, let pause):
            deploy(
                ArraySlice(selected(.init(name))),
                Deploy(batch: batch, drain: drain, downtime: downtime, pause: pause)
            )
        }
    }

    private struct Deploy {
        let batch: Int
        let drain: Duration
        let downtime: Duration
        let pause: Duration
    }

    private func deploy(_ rest: ArraySlice<SimulatedServer>, _ deploy: Deploy) {
        guard !rest.isEmpty else { return }
        let batch = Array(rest.prefix(deploy.batch))
        unlist(batch)
        at(after: deploy.drain) { fleet in
            for server in batch { server.retire() }
            fleet.at(after: deploy.downtime) { fleet in
                for old in batch { fleet.list(fleet.replace(old)) }
                // Never at once, or a deploy that takes no time would go as deep as there are batches.
                fleet.at(later: deploy.pause) { $0.deploy(rest.dropFirst(batch.count), deploy) }
            }
        }
    }

    /// A new server in the place of another.
    private func replace(_ old: SimulatedServer) -> SimulatedServer {
        let zone = old.group.zones.firstIndex(of: old.zone) ?? 0
        return addServer(old.group, zoneIndex: zone)
    }

    /// Begins something at servers, and ends it with what its beginning gave.
    private func during<Token: Sendable>(
        _ duration: Duration?,
        _ servers: [SimulatedServer],
        _ begin: (SimulatedServer) -> Token,
        end: @escaping @Sendable (SimulatedServer, Token) -> Void
    ) {
        let begun = servers.map { ($0, begin($0)) }
        guard let duration else { return }
        at(after: duration) { _ in for (server, token) in begun { end(server, token) } }
    }

    private func selected(_ selection: TimelineEvent.Selection) -> [SimulatedServer] {
        let servers = listed.filter { $0.group.name == selection.group && $0.isUp }
        return selection.count.map { Array(servers.prefix($0)) } ?? servers
    }
}
