import MeshCore

/// What is wrong with a scenario.
public struct ScenarioError: Error, Hashable, CustomStringConvertible {
    /// The file, or the name of the scenario.
    public let file: String
    /// The line in the file, from 1; `nil` for a scenario that was made in code.
    public let line: Int?
    /// Where it is in terms of the document: `servers[1].work.mean`. Empty for the document itself.
    public let key: String
    /// What is wrong, and what would be right.
    public let reason: String

    /// Creates an error.
    public init(file: String, line: Int? = nil, key: String, reason: String) {
        self.file = file
        self.line = line
        self.key = key
        self.reason = reason
    }

    /// A sentence for a person. What stands in the document is cut and escaped.
    public var description: String {
        var place = file
        if let line { place += ":\(line)" }
        let what = reason.visible(upTo: 500)
        return key.isEmpty ? "\(place): \(what)" : "\(place): \(key.visible(upTo: 500)): \(what)"
    }
}
