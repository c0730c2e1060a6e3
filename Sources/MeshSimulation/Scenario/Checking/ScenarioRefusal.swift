import MeshCore

/// What is wrong with a scenario, and where in terms of its document.
struct ScenarioRefusal: Error {
    let path: [JSONReader.PathElement]
    let reason: String
}

extension ScenarioError {
    /// - Parameters:
    ///   - file: The file, or the name of the scenario.
    ///   - line: The line in the file, if it came from one.
    init(_ refusal: ScenarioRefusal, in file: String, line: Int? = nil) {
        self.init(file: file, line: line, key: DocumentError.text(refusal.path), reason: refusal.reason)
    }
}
