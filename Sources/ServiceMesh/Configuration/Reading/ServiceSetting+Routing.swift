import MeshCore
import MeshLoadBalancing

extension ServiceSetting {
    static let routing: [ServiceSetting] = plainRouting + slowStart + zoneAware + subsets

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
            "subsets.keys",
            \.routing.subsetKeys,
            .keySets,
            example: "version,stage+version",
            "The keys of metadata that divide the endpoints into subsets for calls to ask for."
        ),
    ]

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
