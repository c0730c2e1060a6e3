extension Scenario {
    /// The variants at each of some loads, in the order of the loads: ``Variant/load``. The load becomes part of the name.
    public func variants(atLoads loads: [Double]) -> [Variant] {
        loads.flatMap { load in
            comparedVariants.map {
                Variant("\($0.name), load \(load)", $0.settings, policy: $0.policy, load: $0.load * load)
            }
        }
    }

    /// The same scenario with so many times the calls.
    func scaled(by load: Double) -> Scenario {
        guard load != 1 else { return self }
        var scenario = self
        switch clients.arrivals {
        case .poisson(let perSecond): scenario.clients.arrivals = .poisson(perSecond: perSecond * load)
        case .constant(let perSecond): scenario.clients.arrivals = .constant(perSecond: perSecond * load)
        case .closed: break
        }
        for (index, event) in timeline.enumerated() {
            guard case .rate(let perSecond) = event.change else { continue }
            scenario.timeline[index].change = .rate(perSecond: perSecond * load)
        }
        return scenario
    }
}
