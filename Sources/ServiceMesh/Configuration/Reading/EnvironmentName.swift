#if Configuration
/// How a key is written as a variable of the environment.
///
/// The rule of swift-configuration's `EnvironmentVariablesProvider`: an underscore between a lower-case letter and an
/// upper-case one, everything in upper case, everything but letters and digits an underscore, components joined by
/// underscores.
enum EnvironmentName {
    static func encoded(_ components: [String]) -> String {
        components.map(encoded).joined(separator: "_")
    }

    static func encoded(_ component: String) -> String {
        var text = ""
        var previous: Character?
        for character in component {
            if let previous, previous.isLowercase, character.isUppercase { text += "_" }
            for upper in character.uppercased() { text.append(upper.isLetter || upper.isNumber ? upper : "_") }
            previous = character
        }
        return text
    }

    /// Whether Kubernetes sets such a variable for a Service whose name begins with `mesh` (`enableServiceLinks`), as
    /// Docker did for linked containers: `MESH_GATEWAY_SERVICE_HOST`, `MESH_PORT_80_TCP_ADDR`.
    static func isServiceLink(_ name: String) -> Bool {
        if name.hasSuffix("_SERVICE_HOST") || name.hasSuffix("_PORT") || name.contains("_SERVICE_PORT_") { return true }
        let parts = name.split(separator: "_")
        guard let port = parts.lastIndex(of: "PORT") else { return false }
        let rest = Array(parts[(port + 1)...])
        guard (2...3).contains(rest.count), rest[0].allSatisfy(\.isNumber) else { return false }
        return ["TCP", "UDP", "SCTP"].contains(rest[1]) && (rest.count == 2 || ["PROTO", "ADDR"].contains(rest[2]))
    }
}
#endif
