import ServiceMesh

/// The settings of the mesh in a scenario: those of the configuration, and whether each client keeps to its own zone.
struct MeshSettings {
    private static let localities = "localities"
    private static let words = ["ignored", "zone_aware"]

    private(set) var service = ServiceSettings()
    private(set) var isZoneAware = false

    /// Sets what a key stands for.
    mutating func set(_ setting: Scenario.Setting) throws(ServiceSettings.Refusal) {
        guard setting.key == Self.localities else { return try service.set(setting.key, to: setting.value) }
        guard Self.words.contains(setting.value) else {
            let hint = nearestName(to: setting.value, among: Self.words).map { "; did you mean \"\($0)\"?" } ?? ""
            let words = Self.words.map { "\"\($0)\"" }.joined(separator: ", ")
            throw .init(path: setting.key, reason: "it must be one of \(words)\(hint)")
        }
        isZoneAware = setting.value == "zone_aware"
    }
}
