#if Configuration
/// Everything that is wrong with a configuration, found in one pass.
///
/// The description is made for the person who has just changed a file and whose server does not start:
///
/// ```
/// The configuration of the mesh has 2 problems:
///   mesh.service.users.deadline.timeout = "250" (environment variable MESH_SERVICE_USERS_DEADLINE_TIMEOUT): \
///   it has no unit; write for example "250ms" or "250s"; units are ns, us, ms, s, m, h
///   mesh.service.users.retrys (mesh.json): there is no such key; did you mean "mesh.service.users.retries"?
/// ```
public struct MeshConfigurationError: Error, Hashable, CustomStringConvertible {
    /// One thing that is wrong.
    public struct Problem: Hashable, Sendable, CustomStringConvertible {
        /// The key, such as `mesh.service.users.deadline.timeout`. For a variable of the environment that belongs to
        /// no key, the name of the variable. Empty for a document that cannot be read at all.
        public var key: String
        /// The value as written; `nil` if it is missing, or if the key is unknown and its value nobody's business.
        public var value: String?
        /// What is wrong, and what would be right.
        public var reason: String
        /// Where it was written, such as the path of a file; `nil` if only the provider knows.
        public var source: String?
        /// The known key that was probably meant.
        public var suggestion: String?

        /// Creates a problem.
        public init(
            key: String,
            value: String? = nil,
            reason: String,
            source: String? = nil,
            suggestion: String? = nil
        ) {
            self.key = key
            self.value = value
            self.reason = reason
            self.source = source
            self.suggestion = suggestion
        }

        /// A sentence for a person.
        public var description: String {
            var text = key
            if let value { text += " = \"\(value)\"" }
            if let source { text += text.isEmpty ? source : " (\(source))" }
            text += ": \(reason)"
            if let suggestion { text += "; did you mean \"\(suggestion)\"?" }
            return text
        }
    }

    /// The problems, at least one, sorted by key.
    public let problems: [Problem]

    /// Creates the error.
    public init(problems: [Problem]) {
        self.problems = problems
    }

    /// One line for each problem.
    public var description: String {
        let count = problems.count == 1 ? "a problem" : "\(problems.count) problems"
        return (["The configuration of the mesh has \(count):"] + problems.map { "  \($0)" }).joined(separator: "\n")
    }
}
#endif
