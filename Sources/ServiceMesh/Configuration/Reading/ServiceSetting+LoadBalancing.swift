import MeshCore
import MeshLoadBalancing

extension ServiceSetting {
    static let loadBalancing: [ServiceSetting] = choice + parameters + routing

    private static let choice: [ServiceSetting] = [
        .init(
            "loadBalancing.policy",
            \.loadBalancing.policy,
            .choice(LoadBalancingPolicy.named.map { ($0.name, $0) }),
            example: "least_request",
            "How an endpoint is chosen."
        ),
        .init(
            "loadBalancing.hashHeader",
            \.hashHeader,
            ValueForm.headerName.orNone(),
            example: "X-User-ID",
            "The header whose value is the key of a call, for `ring_hash` and `maglev`. A call without it goes to any endpoint."
        ),
    ]

    private static let parameters: [ServiceSetting] =
        [peakEWMA, leastRequest, clientSideWeightedRoundRobin, ringHash, maglev, prequal].flatMap { $0 }

    private static let peakEWMA = only(
        "peak_ewma",
        [
            .init(
                "loadBalancing.peakEWMA.decay",
                \.loadBalancing.peakEWMA.decay,
                .positiveDuration,
                example: "5s",
                "After which time an observed latency counts 1/e."
            ),
            .init(
                "loadBalancing.peakEWMA.defaultLatency",
                \.loadBalancing.peakEWMA.defaultLatency,
                .duration,
                example: "100ms",
                "The latency that a new endpoint is given on trust."
            ),
            .init(
                "loadBalancing.peakEWMA.failurePenalty",
                \.loadBalancing.peakEWMA.failurePenalty,
                .duration,
                example: "5s",
                "The least that a failed call counts as."
            ),
            .init(
                "loadBalancing.peakEWMA.retryAfterLimit",
                \.loadBalancing.peakEWMA.retryAfterLimit,
                .duration,
                example: "1m",
                "The longest `Retry-After` that the balancer believes."
            ),
        ]
    )

    private static let leastRequest = only(
        "least_request",
        [
            .init(
                "loadBalancing.leastRequest.choices",
                \.loadBalancing.leastRequest.choices,
                .integer(2...10),
                example: "3",
                "Of how many endpoints the least loaded is taken."
            ),
            .init(
                "loadBalancing.leastRequest.activeRequestBias",
                \.loadBalancing.leastRequest.activeRequestBias,
                ValueForm.number(0...100).orNone(),
                example: "1",
                "Draws by weight / (calls in flight + 1) to this power; `none` takes the least loaded."
            ),
        ]
    )

    private static let clientSideWeightedRoundRobin = only(
        "client_side_weighted_round_robin",
        [
            .init(
                "loadBalancing.clientSideWeightedRoundRobin.blackoutPeriod",
                \.loadBalancing.reportedWeights.blackoutPeriod,
                .duration,
                example: "5s",
                "How long an endpoint must have reported before its weight counts."
            ),
            .init(
                "loadBalancing.clientSideWeightedRoundRobin.expirationPeriod",
                \.loadBalancing.reportedWeights.expirationPeriod,
                .positiveDuration,
                example: "1m",
                "How long a report counts."
            ),
            .init(
                "loadBalancing.clientSideWeightedRoundRobin.updatePeriod",
                \.loadBalancing.reportedWeights.updatePeriod,
                .duration(from: ReportedWeights.minimumUpdatePeriod, range: "100ms or more") {
                    "it must be 100ms or more"
                },
                example: "500ms",
                "How often the weights are brought up to date."
            ),
            .init(
                "loadBalancing.clientSideWeightedRoundRobin.errorPenalty",
                \.loadBalancing.reportedWeights.errorPenalty,
                .number(0...1_000),
                example: "2",
                "What an error weighs against a request."
            ),
        ]
    )

    private static let ringHash = only(
        "ring_hash",
        [
            .init(
                "loadBalancing.ringHash.minimumRingSize",
                \.loadBalancing.ringHash.minimumRingSize,
                .integer(1...RingHash.limit),
                example: "16384",
                "How many entries the ring has at least. At most `loadBalancing.ringHash.maximumRingSize`."
            ),
            .init(
                "loadBalancing.ringHash.maximumRingSize",
                \.loadBalancing.ringHash.maximumRingSize,
                .integer(1...RingHash.limit),
                example: "65536",
                "How many entries the ring has at most."
            ),
            balanceFactor("ringHash", \.loadBalancing.ringHash.balanceFactor),
        ]
    )

    private static let maglev = only(
        "maglev",
        [
            .init(
                "loadBalancing.maglev.tableSize",
                \.loadBalancing.maglev.tableSize,
                .maglevTableSize,
                example: "5003",
                "How many slots the table has."
            ),
            balanceFactor("maglev", \.loadBalancing.maglev.balanceFactor),
        ]
    )

    private static func balanceFactor(
        _ group: String,
        _ value: any WritableKeyPath<ServiceDraft, Int?> & Sendable
    ) -> ServiceSetting {
        .init(
            "loadBalancing.\(group).balanceFactor",
            value,
            ValueForm.integer(100...10_000).orNone(),
            example: "125",
            "The most calls in flight that an endpoint may have, in percent of the mean; `none` for no such limit."
        )
    }

    private static let prequal = only(
        "prequal",
        [
            .init(
                "loadBalancing.prequal.probePath",
                \.probePath,
                ValueForm.path.orNone(),
                example: "/load",
                "Where an HTTP client sends probes; `none` if the answers on the back of responses will do."
            ),
            .init(
                "loadBalancing.prequal.probeRate",
                \.loadBalancing.prequal.probeRate,
                .number(0...100),
                example: "1",
                "Probes for each call."
            ),
            .init(
                "loadBalancing.prequal.poolSize",
                \.loadBalancing.prequal.poolSize,
                .integer(2...256),
                example: "8",
                "How many answers are kept."
            ),
            .init(
                "loadBalancing.prequal.probeAgeLimit",
                \.loadBalancing.prequal.probeAgeLimit,
                .positiveDuration,
                example: "2s",
                "How long an answer counts."
            ),
            .init(
                "loadBalancing.prequal.removalRate",
                \.loadBalancing.prequal.removalRate,
                .number(0...100),
                example: "0.25",
                "How many answers each call takes out beside the one that it uses up."
            ),
            .init(
                "loadBalancing.prequal.reuseSlack",
                \.loadBalancing.prequal.reuseSlack,
                .number(0...1_000),
                example: "0.5",
                "By how much more answers may be used than come in."
            ),
            .init(
                "loadBalancing.prequal.hotQuantile",
                \.loadBalancing.prequal.hotQuantile,
                .fraction,
                example: "75%",
                "Above which part of the recent answers an endpoint is hot."
            ),
            .init(
                "loadBalancing.prequal.probeTimeout",
                \.loadBalancing.prequal.probeTimeout,
                .positiveDuration,
                example: "10ms",
                "How long a probe may take."
            ),
            .init(
                "loadBalancing.prequal.idleProbeInterval",
                \.loadBalancing.prequal.idleProbeInterval,
                ValueForm.positiveDuration.orNone(),
                example: "2s",
                "After which time without probes some are sent all the same; `none` for never."
            ),
            .init(
                "loadBalancing.prequal.minimumPoolSize",
                \.loadBalancing.prequal.minimumPoolSize,
                .integer(1...256),
                example: "3",
                "With fewer answers an endpoint is drawn at random. At most `loadBalancing.prequal.poolSize`."
            ),
            .init(
                "loadBalancing.prequal.failureHalfLife",
                \.loadBalancing.prequal.failureHalfLife,
                .positiveDuration,
                example: "30s",
                "How long it takes to forget half of an endpoint's failures."
            ),
        ]
    )

    /// Settings that have no effect under another policy.
    private static func only(_ policy: String, _ settings: [ServiceSetting]) -> [ServiceSetting] {
        let requirement = Requirement(
            path: "loadBalancing.policy",
            example: policy,
            reason: "loadBalancing.policy is not \(policy)"
        ) { $0.loadBalancing.policy.name == policy }
        return only(with: requirement, settings).map { $0.saying(" Only for `\(policy)`.") }
    }

    static func only(with requirement: Requirement, _ settings: [ServiceSetting]) -> [ServiceSetting] {
        settings.map { $0.onlyWith(requirement) }
    }
}

extension ValueForm where Value == Int {
    static let maglevTableSize = ValueForm(
        type: "integer",
        range: "a prime, 3 to 5000011",
        json: .number,
        read: { raw throws(Rejection) in
            let size = try integer(3...5_000_011).read(raw)
            guard Maglev.isAllowed(tableSize: size) else { throw Rejection("it must be a prime number, as 65537") }
            return size
        },
        text: { "\($0)" }
    )
}

extension ValueForm where Value == String {
    static let path = ValueForm(
        type: "path",
        range: "visible ASCII that begins with a slash",
        read: { raw throws(Rejection) in
            let text = raw.text
            guard text.utf8.first == UInt8(ascii: "/"), text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
                throw Rejection("it is not a path; write it as \"/prequal-probe\"")
            }
            return text
        },
        text: { $0 }
    )
}
