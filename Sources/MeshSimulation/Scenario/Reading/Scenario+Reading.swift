import MeshCore
import ServiceMesh

extension Scenario {
    /// Reads a scenario from a JSON file; the format is in `docs/guides/simulation.md`.
    ///
    /// Reads files once and blocks meanwhile. A file that is named in it, such as one with recorded latencies, is looked for
    /// beside it.
    ///
    /// - Throws: ``ScenarioError`` with the line, the key and the reason.
    public init(contentsOfFile path: String) throws(ScenarioError) {
        let bytes: [UInt8]
        switch TextFile.read(path) {
        case .success(let content): bytes = content
        case .failure(let failure): throw ScenarioError(file: path, key: "", reason: failure.reason)
        }
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
        var name = String(path.dropFirst(folder.count))
        if let point = name.lastIndex(of: "."), point > name.startIndex { name = String(name[..<point]) }
        try self.init(json: bytes, name: name, file: path, folder: folder)
    }

    /// Reads a scenario from JSON.
    ///
    /// - Parameters:
    ///   - json: The document, in UTF-8.
    ///   - name: What the scenario is called, also in errors.
    /// - Throws: ``ScenarioError`` with the line, the key and the reason.
    public init(json: [UInt8], name: String) throws(ScenarioError) {
        try self.init(json: json, name: name, file: name, folder: "")
    }

    private init(json: [UInt8], name: String, file: String, folder: String) throws(ScenarioError) {
        let reading = ScenarioReading(folder: folder)
        do throws(DocumentError) {
            self = try reading.scenario(json, name: name)
        } catch {
            throw ScenarioError(.init(path: error.path, reason: error.reason), in: file, line: error.line)
        }
    }
}
