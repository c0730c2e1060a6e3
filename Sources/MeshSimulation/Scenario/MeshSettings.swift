import ServiceMesh

/// The settings of the mesh in a scenario: those of the configuration, and ``BalancingSettings``.
struct MeshSettings {
    private(set) var service = ServiceSettings()
    private(set) var balancing = BalancingSettings()

    /// Sets what a key stands for.
    mutating func set(_ setting: Scenario.Setting) throws(ServiceSettings.Refusal) {
        if try balancing.set(setting.key, to: setting.value) { return }
        do throws(ServiceSettings.Refusal) {
            try service.set(setting.key, to: setting.value)
        } catch {
            guard error.reason == "there is no such key",
                let name = nearestName(to: setting.key, among: BalancingSettings.keys)
            else { throw error }
            throw .init(path: error.path, reason: "\(error.reason); did you mean \"\(name)\"?")
        }
    }
}
