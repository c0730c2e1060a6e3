extension ServerGroup {
    func check(at place: ScenarioPlace) throws(ScenarioRefusal) {
        try place["count"].check(count, in: 0...1_000_000)
        if let workers { try place["workers"].check(workers, in: 1...1_000_000) }
        if let cores { try place["cores"].check(cores) }
        if let queueLimit { try place["queueLimit"].check(queueLimit, in: 0...1_000_000_000) }
        try work.check(at: place["work"])
        try place["speed"].check(speed)
        try place["zones"].check(names: zones)
        try place["priority"].check(Int(priority), in: 0...1_000)
        try place["metadata"].check(keys: metadata)
        if let warmUp { try place["warmUp"]["duration"].check(warmUp.duration) }
        try antagonist?.check(at: place["antagonist"])
        if case .throttle = antagonist, cores == nil {
            throw place.refusal("an antagonist that leaves \"cores\" needs the server's own \"cores\"")
        }
        try fault?.check(at: place["fault"])
        try place["reportWindow"].checkPositive(reportWindow)
    }
}

extension WorkDistribution {
    func check(at place: ScenarioPlace) throws(ScenarioRefusal) {
        switch self {
        case .constant(let value):
            try place["value"].check(value)
        case .uniform(let from, let to):
            try place["from"].check(from)
            try place["to"].check(to)
        case .normal(let mean, let deviation):
            try place["mean"].check(mean)
            try place["deviation"].check(deviation)
        case .lognormal(let median, let sigma):
            try place["median"].check(median)
            try place["sigma"].check(sigma, upTo: 10)
        case .exponential(let mean):
            try place["mean"].check(mean)
        case .bimodal(let fast, let slow, _):
            try place["fast"].check(fast)
            try place["slow"].check(slow)
        case .replay(let values):
            guard !values.isEmpty else { throw place["file"].refusal("it has no latency") }
            for value in values { try place["file"].check(value) }
        }
    }
}

extension Antagonist {
    func check(at place: ScenarioPlace) throws(ScenarioRefusal) {
        switch self {
        case .random(let calm, let busy, let slowdown):
            try place["calm"].check(calm, atLeast: .milliseconds(1))
            try place["busy"].check(busy, atLeast: .milliseconds(1))
            try place["slowdown"].check(slowdown)
        case .throttle(let calm, let busy, let cores):
            try place["calm"].check(calm, atLeast: .milliseconds(1))
            try place["busy"].check(busy, atLeast: .milliseconds(1))
            try place["cores"].check(cores)
        case .schedule(let steps):
            for (index, step) in steps.enumerated() {
                try place["schedule"][index]["at"].check(step.at)
                try place["schedule"][index]["slowdown"].check(step.slowdown)
            }
        }
    }
}

extension ServerFault {
    func check(at place: ScenarioPlace) throws(ScenarioRefusal) {
        guard case .failure(let status, let after) = kind else { return }
        try place["status"].check(status, in: 400...999)
        try place["after"].check(after)
    }
}
