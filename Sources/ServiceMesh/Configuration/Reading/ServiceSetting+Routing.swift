import MeshCore
import MeshLoadBalancing

extension ServiceSetting {
    static let routing: [ServiceSetting] =
        plainRouting + slowStart + zoneAware + subsets + subsetting

    private static let plainRouting: [ServiceSetting] = [
        .init(
            "overprovisioning",
            \.routing.overprovisioning,
            .integer(100...1_000),
            example: "120",
            "How much more than its share an available endpoint can bear, in percent: when a priority spills over."
        ),
        .init(
            "maximumInFlight",
            \.routing.maximumInFlight,
            ValueForm.integer(1...Int.max).orNone(),
            example: "100",
            "The most calls that are in flight to one endpoint from this process; `none` for no such limit."
        ),
        .init(
            "panicThreshold",
            \.routing.panicThreshold,
            .fraction,
            example: "30%",
            "The share of available endpoints below which availability is ignored; 0 for never."
        ),
        .init(
            "slowStart.window",
            \.routing.slowStartWindow,
            ValueForm.positiveDuration.orNone(),
            example: "30s",
            "How long a new or re-admitted endpoint takes to come to its share; `none` for no such time."
        ),
        .init(
            "zoneAware.zone",
            \.routing.localZone,
            ValueForm.zone.orNone(),
            example: "eu-central-1/eu-central-1a",
            "The zone of this process, in which calls stay as far as every endpoint still gets its share; `none` for no such rule."
        ),
        .init(
            "localityWeights",
            \.routing.localityWeights,
            .localityWeights,
            example: "eu/eu-1a=3,eu/eu-1b=1",
            "The shares of localities; one that is not named gets nothing as long as anybody else may be asked. Not with `zoneAware.zone`."
        ),
        .init(
            "subsets.keys",
            \.routing.subsetKeys,
            .keySets,
            example: "version,stage+version",
            "The keys of metadata that divide the endpoints into subsets for calls to ask for."
        ),
        .init(
            "subsetting.rule",
            \.routing.subsetting,
            .choice([("none", .none), ("random", .random), ("aperture", .aperture)]),
            example: "aperture",
            "Which endpoints this process talks to at all: everyone, some drawn by chance, or those beside its place (`mesh.instance`)."
        ),
    ]

    private static let subsetting: [ServiceSetting] =
        only(
            with: Requirement(path: "subsetting.rule", example: "random", reason: "subsetting.rule is not random") {
                $0.routing.subsetting == .random
            },
            [
                .init(
                    "subsetting.random.size",
                    \.routing.randomSize,
                    .integer(1...Int.max),
                    example: "30",
                    "How many endpoints of each priority and zone are drawn."
                )
            ]
        )
        + only(
            with: Requirement(path: "subsetting.rule", example: "aperture", reason: "subsetting.rule is not aperture") {
                $0.routing.subsetting == .aperture
            },
            [
                .init(
                    "subsetting.aperture.minimum",
                    \.routing.apertureMinimum,
                    .integer(1...Int.max),
                    example: "20",
                    "The fewest endpoints that it talks to."
                ),
                .init(
                    "subsetting.aperture.followsLoad",
                    \.routing.loadBand,
                    .choice([("yes", true), ("no", false)]),
                    example: "no",
                    "Whether the aperture grows and shrinks with the calls in flight."
                ),
            ]
        )
        + only(
            with: Requirement(
                path: "subsetting.rule",
                example: "aperture",
                reason: "there is no aperture that follows the load"
            ) { $0.routing.subsetting == .aperture && $0.routing.loadBand },
            [
                .init(
                    "subsetting.aperture.lowLoad",
                    \.routing.lowLoad,
                    .number(0.001...1_000_000),
                    example: "0.5",
                    "At or below so many calls in flight for each endpoint it shrinks. Less than `subsetting.aperture.highLoad`."
                ),
                .init(
                    "subsetting.aperture.highLoad",
                    \.routing.highLoad,
                    .number(0.001...1_000_000),
                    example: "2",
                    "At or above so many calls in flight for each endpoint it grows."
                ),
                .init(
                    "subsetting.aperture.window",
                    \.routing.loadWindow,
                    .positiveDuration,
                    example: "30s",
                    "After which time what was in flight counts 1/e."
                ),
            ]
        )

    private static let slowStart: [ServiceSetting] = only(
        with: Requirement(path: "slowStart.window", example: "30s", reason: "slowStart.window is none") {
            $0.routing.slowStartWindow != nil
        },
        [
            .init(
                "slowStart.aggression",
                \.routing.slowStartAggression,
                .number(0.01...100),
                example: "1.5",
                "1 is a straight line; more rises faster at first."
            ),
            .init(
                "slowStart.minimum",
                \.routing.slowStartMinimum,
                .fraction,
                example: "20%",
                "The least share."
            ),
        ]
    )

    private static let zoneAware: [ServiceSetting] = only(
        with: Requirement(path: "zoneAware.zone", example: "eu/eu-1a", reason: "zoneAware.zone is none") {
            $0.routing.localZone != nil
        },
        [
            .init(
                "zoneAware.minimumEndpoints",
                \.routing.minimumZoneEndpoints,
                .integer(0...Int.max),
                example: "3",
                "With fewer endpoints calls go everywhere."
            )
        ]
    )

    private static let subsets: [ServiceSetting] = only(
        with: Requirement(path: "subsets.keys", example: "version", reason: "subsets.keys is none") {
            !$0.routing.subsetKeys.isEmpty
        },
        [
            .init(
                "subsets.fallback",
                \.routing.subsetFallback,
                .choice([("none", SubsetRules.Fallback.none), ("any_endpoint", .anyEndpoint)]),
                example: "any_endpoint",
                "Who takes a call whose subset has no endpoint."
            )
        ]
    )
}

extension ValueForm where Value == Locality {
    static let zone = ValueForm(
        type: "zone",
        range: "region and zone with a slash between them",
        read: { raw throws(Rejection) in
            let parts = raw.text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2, !parts.contains("") else {
                throw Rejection("it is not a region and a zone; write them as \"eu-central-1/eu-central-1a\"")
            }
            return Locality(region: parts[0], zone: parts[1])
        },
        text: { "\($0)" }
    )
}

extension ValueForm where Value == [Locality: UInt32] {
    static let localityWeights = ValueForm(
        type: "list of weights",
        range: "`region/zone=weight` or `region/zone/subzone=weight`, weights from 0 to 4294967295; or `none`",
        json: .list,
        read: { raw throws(Rejection) in
            var weights: [Locality: UInt32] = [:]
            for element in try raw.elements() {
                let parts = element.split(separator: "=", omittingEmptySubsequences: false).map(String.init)
                guard parts.count == 2, let weight = UInt32(parts[1]) else {
                    throw Rejection("\"\(element)\" is not a locality and its weight; write \"eu/eu-1a=3\"")
                }
                let names = parts[0].split(separator: "/", omittingEmptySubsequences: false).map(String.init)
                guard (2...3).contains(names.count), !names.contains("") else {
                    throw Rejection("\"\(parts[0])\" is not a region and a zone; write \"eu/eu-1a=3\"")
                }
                let locality = Locality(region: names[0], zone: names[1], subZone: names.count > 2 ? names[2] : "")
                guard weights.updateValue(weight, forKey: locality) == nil else {
                    throw Rejection("\"\(parts[0])\" appears twice")
                }
            }
            guard weights.isEmpty || weights.values.contains(where: { $0 > 0 }) else {
                throw Rejection("all weights are 0")
            }
            return weights
        },
        text: { weights in
            let texts = weights.map { "\($0.key)=\($0.value)" }
            return texts.isEmpty ? "none" : texts.sorted().joined(separator: ",")
        }
    )
}

extension ValueForm where Value == Set<Set<String>> {
    static let keySets = ValueForm(
        type: "list of keys",
        range: "keys of metadata, those of one subset with `+` between them; or `none`",
        json: .list,
        read: { raw throws(Rejection) in
            var sets: Set<Set<String>> = []
            for element in try raw.elements() {
                let keys = element.split(separator: "+", omittingEmptySubsequences: false).map(String.init)
                guard !keys.contains("") else { throw Rejection("\"\(element)\" has an empty key") }
                sets.insert(Set(keys))
            }
            return sets
        },
        text: { sets in
            sets.isEmpty ? "none" : sets.map { $0.sorted().joined(separator: "+") }.sorted().joined(separator: ",")
        }
    )
}
