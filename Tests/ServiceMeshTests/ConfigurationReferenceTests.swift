#if Configuration
import Foundation
import MeshAdmission
import MeshCore
import Testing

@testable import ServiceMesh

extension ServiceSetting {
    /// The example as a JSON value.
    var jsonExample: String {
        switch json {
        case .text: "\"\(example)\""
        case .number: example
        case .list:
            "[" + example.split(separator: ",").map { Int($0) == nil ? "\"\($0)\"" : "\($0)" }.joined(separator: ", ")
                + "]"
        }
    }

    /// The line of the reference.
    var row: String {
        let variable = EnvironmentName.encoded(components)
        let json = components.reversed().reduce(jsonExample) { "{\"\($1)\": \($0)}" }.dropFirst().dropLast()
        let standard = standard.isEmpty ? "" : "`\(standard)`"
        return "| `\(path)` | \(type) | \(range) | \(standard) | \(summary) | `\(variable)=\(example)` | `\(json)` |"
    }
}

struct ConfigurationReferenceTests {
    private let guide: String

    init() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        guide = try String(contentsOf: root.appending(path: "docs/guides/configuration.md"), encoding: .utf8)
    }

    @Test func `the reference has every key as it is`() throws {
        let rows = guide.split(separator: "\n").filter {
            $0.hasPrefix("| `") && !$0.hasPrefix("| `mesh.") && $0.split(separator: "|").count > 6
        }
        #expect(rows.map(String.init) == ServiceSetting.all.map(\.row))
        for setting in MeshSetting.all {
            #expect(guide.contains("| `\(setting.components.joined(separator: "."))` |"))
            #expect(guide.contains(EnvironmentName.encoded(setting.components) + "="))
        }
    }

    /// What stands between the fences of the first block in a language.
    private func block(_ language: String) throws -> Substring {
        let opening = try #require(guide.range(of: "```\(language)\n"))
        let closing = try #require(guide.range(of: "\n```", range: opening.upperBound..<guide.endIndex))
        return guide[opening.upperBound..<closing.lowerBound]
    }

    @Test func `the examples, in JSON and in variables, are read and say the same`() throws {
        var environment: [String: String] = [:]
        for line in try block("sh").split(separator: "\n") {
            let pair = line.split(separator: "=", maxSplits: 1).map(String.init)
            environment[pair[0]] = pair[1]
        }
        let fromFile = try MeshConfiguration(json: block("json").utf8, name: "mesh.json")
        #expect(try MeshConfiguration(environment: environment) == fromFile)
        #expect(fromFile.services["orders"]?.deadline.timeout == .seconds(2))
        #expect(fromFile.services["users"]?.deadline.timeout == .seconds(5))
    }

    @Test func `the errors of the guide are those that a reader gets`() throws {
        let file = #"""
            {"mesh": {"services": ["users"], "drainTimeout": "30", "service": {"users": {"retrys": {}}}}}
            """#
        let error = #expect(throws: MeshConfigurationError.self) {
            try MeshConfiguration(
                json: file.utf8,
                name: "mesh.json",
                overriddenBy: ["MESH_SERVICE_USERS_TARGET": "nowhere"]
            )
        }
        let lines = try #require(error).description.split(separator: "\n")
        #expect(lines.count == 4)
        for (line, expected) in zip(lines, try guideErrors()) {
            #expect(line.hasPrefix(expected), "\(line)")
        }
    }

    /// The lines of the guide's errors, as far as they are written out.
    private func guideErrors() throws -> [String] {
        let start = try #require(guide.range(of: "The configuration of the mesh has"))
        let end = try #require(guide.range(of: "\n```", range: start.upperBound..<guide.endIndex))
        return guide[start.lowerBound..<end.lowerBound].split(separator: "\n").map {
            $0.hasSuffix("...") ? String($0.dropLast(3)) : String($0)
        }
    }
}
#endif
