package import MeshCore

/// The settings of a service under the names of the configuration, for documents that are no configuration of a mesh.
///
/// They follow the table of ``ServiceSetting``: a policy that is new there can be named here, too.
package struct ServiceSettings: Sendable {
    /// Why a setting is refused.
    package struct Refusal: Error, Hashable, Sendable {
        package var path: String
        package var reason: String

        package init(path: String, reason: String) {
            self.path = path
            self.reason = reason
        }
    }

    private var draft = ServiceDraft()

    /// The defaults.
    package init() {}

    /// Sets what the key `path` stands for: `retries.maximumAttempts`.
    package mutating func set(_ path: String, to value: String) throws(Refusal) {
        guard let setting = ServiceSetting.shared.first(where: { $0.path == path }) else {
            let hint = Nearest.name(to: path, among: ServiceSetting.shared.map(\.path))
            let question = hint.map { "; did you mean \"\($0)\"?" } ?? ""
            throw Refusal(path: path, reason: "there is no such key\(question)")
        }
        do throws(Rejection) {
            try setting.read(.scalar(value), &draft)
        } catch {
            throw Refusal(path: path, reason: error.reason)
        }
    }

    /// The configuration of a service with these settings.
    package func configuration(target: Target) throws(Refusal) -> ServiceConfiguration {
        for relation in SettingRelation.all where !relation.holds(draft) {
            let second = ServiceSetting.shared.first { $0.path == relation.second }?.text(draft) ?? ""
            throw Refusal(
                path: relation.first,
                reason: relation.firstReason("\(relation.second), which is \"\(second)\"")
            )
        }
        return draft.configuration(target: target)
    }
}

/// Durations as the configuration writes them: `250ms`, `1.5s`, `1m30s`.
package enum DurationNotation {
    /// Why a text is not a duration.
    package struct Refusal: Error, Hashable, Sendable {
        package var reason: String
    }

    /// Reads a duration.
    package static func read(_ text: String) throws(Refusal) -> Duration {
        do throws(Rejection) {
            return try DurationText.parse(text)
        } catch {
            throw Refusal(reason: error.reason)
        }
    }

    /// Writes a duration so that ``read(_:)`` gives it back.
    package static func text(_ duration: Duration) -> String { DurationText.text(duration) }
}

/// The name among `candidates` that was probably meant by `name`.
package func nearestName(to name: String, among candidates: [String]) -> String? {
    Nearest.name(to: name, among: candidates)
}
