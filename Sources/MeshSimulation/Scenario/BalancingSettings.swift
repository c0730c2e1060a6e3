import MeshCore
import MeshLoadBalancing
import ServiceMesh

/// Settings of load balancing that scenarios know and the configuration of a mesh does not have (yet): what there can be said only in
/// Swift.
struct BalancingSettings {
    private var prequal = Prequal.Draft()
    private var reported = ReportedWeights.Draft()
    private var choices = LeastRequest().choices
    /// In percent.
    private var balanceFactors: (ring: Int?, maglev: Int?)
    /// Whether each client keeps to its own zone.
    private(set) var isZoneAware = false

    private static let prefix = "loadBalancing."
    private static let localities = "localities"

    /// The keys, as paths below a service.
    static let keys: [String] =
        [localities] + ["leastRequest.choices", "ringHash.balanceFactor", "maglev.balanceFactor"].map { prefix + $0 }
        + Prequal.Draft.keys.map { prefix + "prequal." + $0 }
        + ReportedWeights.Draft.keys.map { prefix + "reportedWeights." + $0 }

    /// Sets what a key stands for.
    ///
    /// - Returns: Whether it is one of these keys.
    mutating func set(_ path: String, to value: String) throws(ServiceSettings.Refusal) -> Bool {
        guard Self.keys.contains(path) else { return false }
        let text = SettingText(path: path, value: value)
        let name = String(path.split(separator: ".").last ?? "")
        switch path {
        case Self.localities: isZoneAware = try text.choice(["ignored", "zone_aware"]) == "zone_aware"
        case Self.prefix + "leastRequest.choices": choices = try text.count(2...10)
        case Self.prefix + "ringHash.balanceFactor": balanceFactors.ring = try text.count(100...100_000)
        case Self.prefix + "maglev.balanceFactor": balanceFactors.maglev = try text.count(100...100_000)
        case let path where path.hasPrefix(Self.prefix + "prequal."): try prequal.set(name, to: text)
        default: try reported.set(name, to: text)
        }
        return true
    }

    /// The policy with these settings, if they are of its kind.
    func applied(to policy: LoadBalancingPolicy) -> LoadBalancingPolicy {
        switch policy {
        case .prequal: .prequal(prequal.policy)
        case .reportedWeights: .reportedWeights(reported.policy)
        case .leastRequest(let rule):
            .leastRequest(LeastRequest(choices: choices, activeRequestBias: rule.activeRequestBias))
        case .ringHash(let rule):
            .ringHash(
                RingHash(
                    minimumRingSize: rule.minimumRingSize,
                    maximumRingSize: rule.maximumRingSize,
                    balanceFactor: balanceFactors.ring
                )
            )
        case .maglev(let rule): .maglev(Maglev(tableSize: rule.tableSize, balanceFactor: balanceFactors.maglev))
        default: policy
        }
    }
}

extension Prequal {
    /// Prequal while it is read.
    fileprivate struct Draft {
        static let keys = [
            "probeRate", "poolSize", "probeAgeLimit", "removalRate", "reuseSlack", "hotQuantile", "probeTimeout",
        ]

        var policy = Prequal()

        mutating func set(_ name: String, to text: SettingText) throws(ServiceSettings.Refusal) {
            let old = policy
            policy = Prequal(
                probeRate: try name == "probeRate" ? text.number(0...100) : old.probeRate,
                poolSize: try name == "poolSize" ? text.count(2...256) : old.poolSize,
                probeAgeLimit: try name == "probeAgeLimit" ? text.duration() : old.probeAgeLimit,
                removalRate: try name == "removalRate" ? text.number(0...100) : old.removalRate,
                reuseSlack: try name == "reuseSlack" ? text.number(0...1000) : old.reuseSlack,
                hotQuantile: try name == "hotQuantile" ? text.share() : old.hotQuantile,
                probeTimeout: try name == "probeTimeout" ? text.duration() : old.probeTimeout
            )
        }
    }
}

extension ReportedWeights {
    /// Weighted round robin by reports while it is read.
    fileprivate struct Draft {
        static let keys = ["blackoutPeriod", "expirationPeriod", "updatePeriod", "errorPenalty"]

        var policy = ReportedWeights()

        mutating func set(_ name: String, to text: SettingText) throws(ServiceSettings.Refusal) {
            let old = policy
            policy = ReportedWeights(
                blackoutPeriod: try name == "blackoutPeriod" ? text.durationOrZero() : old.blackoutPeriod,
                expirationPeriod: try name == "expirationPeriod" ? text.duration() : old.expirationPeriod,
                updatePeriod: try name == "updatePeriod" ? text.duration() : old.updatePeriod,
                errorPenalty: try name == "errorPenalty" ? text.number(0...1_000_000) : old.errorPenalty
            )
        }
    }
}

/// The value of a setting, to be read as what it must be.
private struct SettingText {
    let path: String
    let value: String

    func refusal(_ reason: String) -> ServiceSettings.Refusal { .init(path: path, reason: reason) }

    func number(_ range: ClosedRange<Double>) throws(ServiceSettings.Refusal) -> Double {
        guard let number = Double(value), range.contains(number) else {
            throw refusal("it must be a number from \(Int(range.lowerBound)) to \(Int(range.upperBound))")
        }
        return number
    }

    func count(_ range: ClosedRange<Int>) throws(ServiceSettings.Refusal) -> Int {
        guard let number = Int(value), range.contains(number) else {
            throw refusal("it must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    func share() throws(ServiceSettings.Refusal) -> Fraction {
        let number = value.hasSuffix("%") ? Double(value.dropLast()).map { $0 / 100 } : Double(value)
        guard let fraction = number.flatMap({ Fraction($0) }) else {
            throw refusal("it must be a share from 0 to 1, or from \"0%\" to \"100%\"")
        }
        return fraction
    }

    func durationOrZero() throws(ServiceSettings.Refusal) -> Duration {
        do throws(DurationNotation.Refusal) {
            return try DurationNotation.read(value)
        } catch {
            throw refusal(error.reason)
        }
    }

    func duration() throws(ServiceSettings.Refusal) -> Duration {
        let duration = try durationOrZero()
        guard duration > .zero else { throw refusal("it must be more than 0") }
        return duration
    }

    func choice(_ words: [String]) throws(ServiceSettings.Refusal) -> String {
        guard words.contains(value) else {
            let hint = nearestName(to: value, among: words).map { "; did you mean \"\($0)\"?" } ?? ""
            throw refusal("it must be one of \(words.map { "\"\($0)\"" }.joined(separator: ", "))\(hint)")
        }
        return value
    }
}
