// swift-tools-version: 6.2
import PackageDescription

// Every third-party dependency of a library target sits behind a trait, so that a consumer with
// `traits: []` resolves no package at all beyond this one.
let traits: Set<Trait> = [
    .trait(name: "HTTP", description: "MeshHTTP: swift-http-types on the call path."),
    .trait(name: "Telemetry", description: "swift-metrics, swift-log and swift-distributed-tracing."),
    .trait(name: "Lifecycle", description: "Mesh as a swift-service-lifecycle Service."),
    .trait(name: "Configuration", description: "Policies read from swift-configuration."),
    .trait(name: "DNS", description: "MeshDNS: A, AAAA and SRV discovery over SwiftNIO."),
    .trait(
        name: "AsyncHTTPClient",
        description: "MeshAsyncHTTPClient: the mesh around AsyncHTTPClient.",
        enabledTraits: ["HTTP", "TLS"]
    ),
    .trait(name: "TLS", description: "MeshTLS: identities, trust and peer verification over SwiftNIO SSL."),
    .trait(
        name: "Transport",
        description: "MeshTransport: HTTP/1.1 and HTTP/2 connections of the mesh's own over SwiftNIO.",
        enabledTraits: ["HTTP", "TLS"]
    ),
    .default(
        enabledTraits: [
            "HTTP", "Telemetry", "Lifecycle", "Configuration", "DNS", "AsyncHTTPClient", "TLS", "Transport",
        ]
    ),
]

let commonSettings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InferIsolatedConformances"),
    .treatAllWarnings(as: .error),
]
let settings = commonSettings + [.enableUpcomingFeature("NonisolatedNonsendingByDefault")]

// The floors of the house: a module may depend only on modules of a lower floor.
let floor1: [Target.Dependency] = ["MeshCore"]
let floor2: [Target.Dependency] =
    floor1 + [
        "MeshDiscovery", "MeshLoadBalancing", "MeshCircuitBreaking", "MeshRetries", "MeshAdmission", "MeshTracing",
        "MeshTLS",
    ]
let floor3: [Target.Dependency] = floor2 + ["MeshFileDiscovery", "MeshDNS", "MeshHTTP", "MeshTelemetry"]
let floor4: [Target.Dependency] = floor3 + ["MeshTransport"]

extension Target.Dependency {
    static func product(_ name: String, _ package: String, trait: String) -> Self {
        .product(name: name, package: package, condition: .when(traits: [trait]))
    }

    static let httpTypes = product("HTTPTypes", "swift-http-types", trait: "HTTP")
    static let metrics = product("Metrics", "swift-metrics", trait: "Telemetry")
    static let metricsTestKit = product("MetricsTestKit", "swift-metrics", trait: "Telemetry")
    static let logging = product("Logging", "swift-log", trait: "Telemetry")
    static let tracing = product("Tracing", "swift-distributed-tracing", trait: "Telemetry")
    static let instrumentation = product("Instrumentation", "swift-distributed-tracing", trait: "Telemetry")
    static let inMemoryTracing = product("InMemoryTracing", "swift-distributed-tracing", trait: "Telemetry")
    static let lifecycle = product("ServiceLifecycle", "swift-service-lifecycle", trait: "Lifecycle")
    static let lifecycleTestKit = product("ServiceLifecycleTestKit", "swift-service-lifecycle", trait: "Lifecycle")
    static let configuration = product("Configuration", "swift-configuration", trait: "Configuration")
    static let nioCoreDNS = product("NIOCore", "swift-nio", trait: "DNS")
    static let nioPosixDNS = product("NIOPosix", "swift-nio", trait: "DNS")
    static let loggingForAsyncHTTPClient = product("Logging", "swift-log", trait: "AsyncHTTPClient")
    static let asyncHTTPClient = product("AsyncHTTPClient", "async-http-client", trait: "AsyncHTTPClient")
    static let nioCore = product("NIOCore", "swift-nio", trait: "AsyncHTTPClient")
    static let nioPosix = product("NIOPosix", "swift-nio", trait: "AsyncHTTPClient")
    static let nioHTTP1 = product("NIOHTTP1", "swift-nio", trait: "AsyncHTTPClient")
    static let nioSSL = product("NIOSSL", "swift-nio-ssl", trait: "AsyncHTTPClient")
    static let nioCoreTLS = product("NIOCore", "swift-nio", trait: "TLS")
    static let nioPosixTLS = product("NIOPosix", "swift-nio", trait: "TLS")
    static let nioEmbeddedTLS = product("NIOEmbedded", "swift-nio", trait: "TLS")
    static let nioTLSEvents = product("NIOTLS", "swift-nio", trait: "TLS")
    static let nioTLS = product("NIOSSL", "swift-nio-ssl", trait: "TLS")
    static let x509 = product("X509", "swift-certificates", trait: "TLS")
    static let asn1 = product("SwiftASN1", "swift-asn1", trait: "TLS")
    static let crypto = product("Crypto", "swift-crypto", trait: "TLS")
    static let certificateReloading = product("NIOCertificateReloading", "swift-nio-extras", trait: "TLS")
    static let argumentParserTLS = product("ArgumentParser", "swift-argument-parser", trait: "TLS")
    static let argumentParserConfiguration = product("ArgumentParser", "swift-argument-parser", trait: "Configuration")
    static let nioCoreTransport = product("NIOCore", "swift-nio", trait: "Transport")
    static let nioPosixTransport = product("NIOPosix", "swift-nio", trait: "Transport")
    static let nioEmbedded = product("NIOEmbedded", "swift-nio", trait: "Transport")
    static let nioHTTP1Transport = product("NIOHTTP1", "swift-nio", trait: "Transport")
    static let nioHTTP2 = product("NIOHTTP2", "swift-nio-http2", trait: "Transport")
    static let nioHPACK = product("NIOHPACK", "swift-nio-http2", trait: "Transport")
    static let nioSSLTransport = product("NIOSSL", "swift-nio-ssl", trait: "Transport")
    // Both transports enable TLS, and what needs a server of Hummingbird needs one of them.
    static let hummingbird = product("Hummingbird", "hummingbird", trait: "TLS")
    static let hummingbirdCore = product("HummingbirdCore", "hummingbird", trait: "TLS")
    static let hummingbirdHTTP2 = product("HummingbirdHTTP2", "hummingbird", trait: "TLS")
    static let hummingbirdTLS = product("HummingbirdTLS", "hummingbird", trait: "TLS")
    static let loggingForServers = product("Logging", "swift-log", trait: "TLS")
    static let x509ForTests = product("X509", "swift-certificates", trait: "AsyncHTTPClient")
    static let asn1ForTests = product("SwiftASN1", "swift-asn1", trait: "AsyncHTTPClient")
    static let cryptoForTests = product("Crypto", "swift-crypto", trait: "AsyncHTTPClient")
    static let nioEmbeddedForTests = product("NIOEmbedded", "swift-nio", trait: "AsyncHTTPClient")
    static let argumentParser = product("ArgumentParser", "swift-argument-parser", trait: "AsyncHTTPClient")
    static let histogram = product("Histogram", "hdrhistogram-swift", trait: "AsyncHTTPClient")
}

func library(_ name: String, _ dependencies: [Target.Dependency] = []) -> [Target] {
    [.target(name: name, dependencies: dependencies, swiftSettings: settings)]
}

func tests(_ name: String, _ dependencies: [Target.Dependency] = []) -> [Target] {
    [
        .testTarget(
            name: name + "Tests",
            dependencies: [.byName(name: name), "ThreadSanitizerSupport"] + dependencies,
            swiftSettings: settings
        )
    ]
}

let libraries: [Target] = [
    library("MeshCore"),

    library("MeshDiscovery", floor1),
    library("MeshLoadBalancing", floor1),
    library("MeshCircuitBreaking", floor1),
    library("MeshRetries", floor1),
    library("MeshAdmission", floor1),
    library("MeshTracing", floor1 + [.instrumentation]),
    library("MeshTLS", floor1 + [.nioCoreTLS, .nioTLS, .nioTLSEvents, .x509, .asn1, .crypto, .certificateReloading]),

    library("MeshFileDiscovery", floor2),
    library("MeshDNS", floor2 + [.nioCoreDNS, .nioPosixDNS]),
    library("MeshHTTP", floor2 + [.httpTypes]),
    library("MeshTelemetry", floor2 + [.metrics, .logging, .tracing]),

    library(
        "MeshTransport",
        floor3 + [.httpTypes, .nioCoreTransport, .nioPosixTransport, .nioHTTP2, .nioHPACK, .nioSSLTransport]
    ),

    library("ServiceMesh", floor4 + [.httpTypes, .lifecycle, .configuration]),

    library(
        "MeshAsyncHTTPClient",
        floor4 + [
            "ServiceMesh", .asyncHTTPClient, .loggingForAsyncHTTPClient, .nioCore, .nioPosix, .nioHTTP1, .nioSSL,
            .httpTypes,
        ]
    ),

    library("MeshTesting", floor4 + ["ServiceMesh"]),

    library("MeshSimulation", floor4 + ["ServiceMesh", "MeshTesting"]),
].flatMap { $0 }

let testTargets: [Target] = [
    [.target(name: "ThreadSanitizerSupport", path: "Tests/ThreadSanitizerSupport", publicHeadersPath: ".")],
    [
        .target(
            name: "TestSupport",
            dependencies: [
                "MeshCore", "MeshTelemetry", "MeshTLS", .metricsTestKit, .nioCoreTLS, .x509, .asn1, .crypto,
                .hummingbird, .hummingbirdCore, .hummingbirdHTTP2, .loggingForServers,
            ],
            path: "Tests/TestSupport",
            swiftSettings: settings
        )
    ],
    tests("MeshCore", ["MeshTesting"]),
    tests("MeshDiscovery", floor1 + ["MeshTesting"]),
    tests("MeshLoadBalancing", floor1 + ["MeshTesting", "TestSupport", "MeshCircuitBreaking"]),
    tests("MeshCircuitBreaking", floor1 + ["MeshTesting", "TestSupport"]),
    tests("MeshRetries", floor1 + ["MeshTesting"]),
    tests("MeshAdmission", floor1 + ["MeshTesting", "TestSupport"]),
    tests("MeshTracing", floor1 + ["MeshTesting", .instrumentation, .tracing, .inMemoryTracing]),
    tests(
        "MeshTLS",
        floor1 + [
            "MeshTesting", "MeshAsyncHTTPClient", "MeshTransport", "ServiceMesh", "TestSupport", "meshctl", .nioCoreTLS,
            .nioPosixTLS, .nioEmbeddedTLS, .nioTLS, .nioTLSEvents, .x509, .asn1, .crypto, .certificateReloading,
            .hummingbird,
            .hummingbirdTLS, .loggingForServers, .asyncHTTPClient, .httpTypes,
        ]
    ),
    tests("MeshFileDiscovery", floor1 + ["MeshTesting", "TestSupport", "MeshDiscovery"]),
    tests("MeshDNS", floor1 + ["MeshTesting", "TestSupport", "MeshDiscovery", .nioCoreDNS, .nioPosixDNS]),
    tests("MeshHTTP", floor2 + ["MeshTesting", .httpTypes]),
    tests(
        "MeshTelemetry",
        floor2 + ["MeshTesting", "TestSupport", .metrics, .metricsTestKit, .logging, .tracing, .inMemoryTracing]
    ),
    tests(
        "MeshTransport",
        floor3 + [
            "ServiceMesh", "MeshTesting", "TestSupport", .httpTypes, .nioCoreTransport, .nioPosixTransport,
            .nioEmbedded,
            .nioHTTP1Transport, .nioHTTP2, .nioHPACK, .nioSSLTransport, .hummingbird, .hummingbirdCore, .x509, .asn1,
            .crypto, .lifecycle, .loggingForServers,
        ]
    ),
    tests(
        "ServiceMesh",
        floor4 + [
            "MeshTesting", "TestSupport", .httpTypes, .metrics, .metricsTestKit, .logging, .tracing, .inMemoryTracing,
            .lifecycle, .lifecycleTestKit, .configuration,
        ]
    ),
    tests(
        "MeshAsyncHTTPClient",
        floor4 + [
            "ServiceMesh", "MeshTesting", "TestSupport", .asyncHTTPClient, .nioCore, .nioPosix, .nioHTTP1, .nioSSL,
            .httpTypes, .hummingbird, .hummingbirdCore, .hummingbirdHTTP2, .loggingForServers,
            .x509ForTests, .asn1ForTests, .cryptoForTests, .nioEmbeddedForTests,
            .metrics, .tracing,
        ]
    ),
    tests("MeshTesting", floor4 + ["ServiceMesh", "TestSupport", .httpTypes]),
    tests("MeshSimulation", floor4 + ["ServiceMesh", "MeshTesting", "TestSupport"]),
].flatMap { $0 }

let benchmarks: [Target] = [
    .target(
        name: "BenchmarkSupport",
        dependencies: ["MeshCore", "ServiceMesh"],
        path: "Benchmarks/Shared",
        swiftSettings: settings
    ),
    .executableTarget(
        name: "instruction-count",
        dependencies: ["BenchmarkSupport", "ServiceMesh"],
        path: "Benchmarks/InstructionCount",
        exclude: ["check", "baseline.txt"],
        swiftSettings: settings
    ),
    .executableTarget(
        name: "ratios",
        dependencies: ["BenchmarkSupport", "MeshCore", "MeshCircuitBreaking", "MeshLoadBalancing", "ServiceMesh"],
        path: "Benchmarks/Ratios",
        swiftSettings: settings
    ),
    .executableTarget(
        name: "picks",
        dependencies: ["BenchmarkSupport", "MeshCore", "MeshCircuitBreaking", "MeshLoadBalancing"],
        path: "Benchmarks/Picks",
        exclude: ["Tower", "compare"],
        swiftSettings: settings
    ),
]

func program(
    _ name: String,
    in folder: String,
    _ dependencies: [Target.Dependency],
    exclude: [String] = [],
    settings: [SwiftSetting] = settings
) -> [Target] {
    [
        .executableTarget(
            name: name,
            dependencies: dependencies,
            path: "\(folder)/\(name)",
            exclude: exclude,
            swiftSettings: settings
        )
    ]
}

let programs: [Target] = [
    program(
        "Quickstart",
        in: "Examples",
        [
            "MeshAsyncHTTPClient", "ServiceMesh", .asyncHTTPClient, .nioCore, .nioHTTP1, .hummingbird, .argumentParser,
            .histogram, .loggingForServers,
        ]
    ),
    [
        .executableTarget(
            name: "meshctl",
            dependencies: ["MeshCore", "MeshTLS", .argumentParserTLS, .x509, .asn1, .crypto],
            swiftSettings: settings
        )
    ],
    [
        .executableTarget(
            name: "meshsim",
            dependencies: ["MeshSimulation", .argumentParserConfiguration],
            swiftSettings: settings
        )
    ],
    program(
        "MutualTLS",
        in: "Examples",
        [
            "MeshCore", "MeshHTTP", "MeshTLS", "MeshTransport", "ServiceMesh", .hummingbird, .hummingbirdCore,
            .nioCoreTransport,
            .argumentParserTLS, .x509, .asn1, .crypto, .loggingForServers,
        ],
        // As in a service: with NonisolatedNonsendingByDefault a middleware of Hummingbird's would need @concurrent.
        settings: commonSettings
    ),
    [
        .executableTarget(
            name: "Fuzz",
            dependencies: [
                "MeshCore", "MeshDNS", "MeshFileDiscovery", "MeshHTTP", "MeshTLS", "MeshTracing", "MeshTransport",
                .httpTypes, .nioCoreTransport, .nioEmbedded, .nioSSLTransport, .x509, .asn1, .crypto,
                .argumentParserTLS,
            ],
            path: "Tests/Fuzz",
            swiftSettings: settings
        ),
        .executableTarget(
            name: "Soak",
            dependencies: [
                "MeshCore", "MeshHTTP", "MeshTLS", "MeshTransport", "ThreadSanitizerSupport", .httpTypes,
                .nioCoreTransport, .nioPosixTransport, .nioHTTP1Transport, .nioHTTP2, .x509, .crypto,
                .argumentParserTLS,
            ],
            path: "Tests/Soak",
            exclude: ["thread-sanitizer.suppressions"],
            swiftSettings: settings
        ),
    ],
    program(
        "SideBySide",
        in: "Benchmarks",
        [
            "MeshAsyncHTTPClient", "MeshTransport", "MeshHTTP", "MeshTLS", "ServiceMesh", .asyncHTTPClient, .nioCore,
            .nioPosix, .nioHTTP1, .nioSSL, .x509, .asn1, .crypto, .argumentParser,
        ],
        exclude: ["Tower"]
    ),
].flatMap { $0 }

// The micro-benchmarks bring a build plugin, which no trait can gate; they are there when asked for:
// MESH_BENCHMARKS=1 swift package --disable-sandbox benchmark --target MicroBenchmarks
let wantsMicroBenchmarks = Context.environment["MESH_BENCHMARKS"] != nil
let microBenchmarks: [Target] =
    !wantsMicroBenchmarks
    ? []
    : [
        .executableTarget(
            name: "MicroBenchmarks",
            dependencies: floor2 + [
                "BenchmarkSupport", "ServiceMesh", .product(name: "Benchmark", package: "benchmark"),
            ],
            path: "Benchmarks/Micro",
            swiftSettings: settings,
            plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")]
        )
    ]

let package = Package(
    name: "swift-service-mesh",
    platforms: [.macOS(.v15)],
    products: libraries.map { .library(name: $0.name, targets: [$0.name]) } + [
        .executable(name: "quickstart", targets: ["Quickstart"]),
        .executable(name: "sidebyside", targets: ["SideBySide"]),
        .executable(name: "meshctl", targets: ["meshctl"]),
        .executable(name: "meshsim", targets: ["meshsim"]),
        .executable(name: "mutual-tls", targets: ["MutualTLS"]),
        .executable(name: "fuzz", targets: ["Fuzz"]),
        .executable(name: "soak", targets: ["Soak"]),
    ],
    traits: traits,
    dependencies: [
        .package(url: "https://github.com/apple/swift-http-types.git", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-metrics.git", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-distributed-tracing.git", from: "1.7.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-configuration.git", from: "1.4.0"),
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.0"),
        .package(url: "https://github.com/apple/swift-nio-http2.git", from: "1.46.0"),
        .package(url: "https://github.com/apple/swift-nio-extras.git", from: "1.35.0"),
        .package(url: "https://github.com/apple/swift-certificates.git", from: "1.21.0"),
        .package(url: "https://github.com/apple/swift-asn1.git", from: "1.7.0"),
        .package(url: "https://github.com/apple/swift-crypto.git", "3.12.0"..<"5.0.0"),
        .package(url: "https://github.com/swift-server/async-http-client.git", from: "1.37.0"),

        // Only examples, benchmarks, tests and meshctl use these.
        .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.0"),
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.0"),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift.git", from: "0.2.0"),
    ],
    targets: libraries + testTargets + programs + benchmarks + microBenchmarks
)

if wantsMicroBenchmarks {
    package.dependencies.append(
        .package(url: "https://github.com/ordo-one/benchmark.git", from: "1.38.0", traits: [])
    )
}
