#if Configuration
public import Configuration

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

extension MeshConfiguration {
    /// Reads a configuration from the keys below `mesh` of a reader, whatever its providers.
    ///
    /// ```swift
    /// let file = try await FileProvider<JSONSnapshot>(filePath: "/etc/users-api.json")
    /// let reader = ConfigReader(providers: [EnvironmentVariablesProvider(), file])
    /// let configuration = try MeshConfiguration(config: reader)
    /// ```
    ///
    /// A reader answers for keys but does not list them, so keys that mean nothing stay unnoticed. Where the environment
    /// and a JSON file are the sources, ``init(environment:)`` and ``init(jsonFile:overriddenBy:)`` notice them.
    ///
    /// Every key, its unit, its range and its default are in `docs/guides/configuration.md`.
    ///
    /// - Throws: ``MeshConfigurationError`` with everything that is wrong.
    public init(config: ConfigReader) throws(MeshConfigurationError) {
        try self.init(config: config, sources: ConfigurationSources())
    }

    /// Reads a configuration from the variables of an environment that begin with `MESH_`.
    ///
    /// Such a variable that belongs to no key is an error, except those that Kubernetes sets for Services, such as
    /// `MESH_GATEWAY_SERVICE_HOST`.
    ///
    /// ```swift
    /// let configuration = try MeshConfiguration(environment: ProcessInfo.processInfo.environment)
    /// ```
    ///
    /// - Parameter environment: The variables, such as those of the process.
    /// - Throws: ``MeshConfigurationError`` with everything that is wrong.
    public init(environment: [String: String]) throws(MeshConfigurationError) {
        try self.init(
            config: ConfigReader(provider: EnvironmentVariablesProvider(environmentVariables: environment)),
            sources: ConfigurationSources(environment: environment)
        )
    }

    /// Reads a configuration from the member `mesh` of a JSON file.
    ///
    /// A member below `mesh` that belongs to no key is an error; other members belong to other parts of the program.
    /// Reads the file once and blocks meanwhile: call it at the start.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - environment: Variables that win over the file, such as those of the process; none by default.
    /// - Throws: ``MeshConfigurationError`` with everything that is wrong, or that the file cannot be read.
    public init(
        jsonFile path: String,
        overriddenBy environment: [String: String] = [:]
    ) throws(MeshConfigurationError) {
        let data: Data
        do {
            data = try Data(contentsOf: URL(filePath: path))
        } catch {
            throw MeshConfigurationError(problems: [.init(key: "", reason: "it cannot be read: \(error)", source: path)]
            )
        }
        try self.init(json: data, name: path, overriddenBy: environment)
    }

    init(
        json: some Sequence<UInt8>,
        name: String,
        overriddenBy environment: [String: String] = [:]
    ) throws(MeshConfigurationError) {
        let document = try ConfigurationDocument(name: name, json: json)
        let variables = EnvironmentVariablesProvider(environmentVariables: environment)
        try self.init(
            config: ConfigReader(providers: [variables, document.provider()]),
            sources: ConfigurationSources(environment: environment, document: document)
        )
    }

    private init(config: ConfigReader, sources: ConfigurationSources) throws(MeshConfigurationError) {
        var reading = ConfigurationReading(config: config, sources: sources)
        self = try reading.configuration()
    }
}
#endif
