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
        enabledTraits: ["HTTP"]
    ),
    .default(enabledTraits: ["HTTP", "Telemetry", "Lifecycle", "Configuration", "DNS", "AsyncHTTPClient"]),
]

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("InferIsolatedConformances"),
    .treatAllWarnings(as: .error),
]

// The floors of the house: a module may depend only on modules of a lower floor.
let floor1: [Target.Dependency] = ["MeshCore"]
let floor2: [Target.Dependency] =
    floor1 + [
        "MeshDiscovery", "MeshLoadBalancing", "MeshCircuitBreaking", "MeshRetries", "MeshAdmission", "MeshTracing",
    ]
let floor3: [Target.Dependency] = floor2 + ["MeshFileDiscovery", "MeshDNS", "MeshHTTP", "MeshTelemetry"]

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
    static let asyncHTTPClient = product("AsyncHTTPClient", "async-http-client", trait: "AsyncHTTPClient")
    static let nioCore = product("NIOCore", "swift-nio", trait: "AsyncHTTPClient")
    static let nioPosix = product("NIOPosix", "swift-nio", trait: "AsyncHTTPClient")
    static let nioHTTP1 = product("NIOHTTP1", "swift-nio", trait: "AsyncHTTPClient")
    static let nioSSL = product("NIOSSL", "swift-nio-ssl", trait: "AsyncHTTPClient")
    static let loggingForPrograms = product("Logging", "swift-log", trait: "AsyncHTTPClient")
    static let hummingbird = product("Hummingbird", "hummingbird", trait: "AsyncHTTPClient")
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

    library("MeshFileDiscovery", floor2),
    library("MeshDNS", floor2 + [.nioCoreDNS, .nioPosixDNS]),
    library("MeshHTTP", floor2 + [.httpTypes]),
    library("MeshTelemetry", floor2 + [.metrics, .logging, .tracing]),

    library("ServiceMesh", floor3 + [.httpTypes, .metrics, .logging, .tracing, .lifecycle, .configuration]),

    library(
        "MeshAsyncHTTPClient",
        floor3 + ["ServiceMesh", .asyncHTTPClient, .nioCore, .nioPosix, .nioHTTP1, .nioSSL, .httpTypes]
    ),

    library("MeshTesting", floor3 + ["ServiceMesh", .httpTypes]),
].flatMap { $0 }

let testTargets: [Target] = [
    [.target(name: "ThreadSanitizerSupport", path: "Tests/ThreadSanitizerSupport", publicHeadersPath: ".")],
    tests("MeshCore", ["MeshTesting"]),
    tests("MeshDiscovery", floor1 + ["MeshTesting"]),
    tests("MeshLoadBalancing", floor1 + ["MeshTesting"]),
    tests("MeshCircuitBreaking", floor1 + ["MeshTesting"]),
    tests("MeshRetries", floor1 + ["MeshTesting"]),
    tests("MeshAdmission", floor1 + ["MeshTesting"]),
    tests("MeshTracing", floor1 + ["MeshTesting", .instrumentation, .tracing, .inMemoryTracing]),
    tests("MeshFileDiscovery", floor1 + ["MeshTesting", "MeshDiscovery"]),
    tests("MeshDNS", floor1 + ["MeshTesting", "MeshDiscovery", .nioCoreDNS, .nioPosixDNS]),
    tests("MeshHTTP", floor2 + ["MeshTesting", .httpTypes]),
    tests("MeshTelemetry", floor2 + ["MeshTesting", .metrics, .metricsTestKit, .logging, .tracing, .inMemoryTracing]),
    tests(
        "ServiceMesh",
        floor3 + [
            "MeshTesting", .httpTypes, .metrics, .logging, .tracing, .lifecycle, .lifecycleTestKit, .configuration,
        ]
    ),
    tests(
        "MeshAsyncHTTPClient",
        floor3 + [
            "ServiceMesh", "MeshTesting", .asyncHTTPClient, .nioCore, .nioPosix, .nioHTTP1, .nioSSL, .httpTypes,
            .hummingbird, .metrics,
            .tracing,
        ]
    ),
    tests("MeshTesting", floor3 + ["ServiceMesh", .httpTypes]),
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
]

func program(_ name: String, in folder: String, _ dependencies: [Target.Dependency]) -> [Target] {
    [.executableTarget(name: name, dependencies: dependencies, path: "\(folder)/\(name)", swiftSettings: settings)]
}

let programs: [Target] = [
    program(
        "Quickstart",
        in: "Examples",
        [
            "MeshAsyncHTTPClient", "ServiceMesh", .asyncHTTPClient, .nioCore, .nioHTTP1, .hummingbird, .argumentParser,
            .histogram, .loggingForPrograms,
        ]
    ),
    program(
        "SideBySide",
        in: "Benchmarks",
        ["MeshAsyncHTTPClient", "ServiceMesh", .asyncHTTPClient, .nioCore, .nioPosix, .nioHTTP1, .argumentParser]
    ),
].flatMap { $0 }

// The micro-benchmarks bring a build plugin, which no trait can gate; they are there when asked for:
// MESH_BENCHMARKS=1 swift package --disable-sandbox benchmark
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
        .package(url: "https://github.com/swift-server/async-http-client.git", from: "1.37.0"),

        // Only examples, benchmarks and tests use these; a consumer resolves none of them.
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
