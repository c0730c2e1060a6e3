#if Configuration
import Foundation
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
    @Test func `the reference has every key as it is`() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let guide = try String(contentsOf: root.appending(path: "docs/guides/configuration.md"), encoding: .utf8)
        let rows = guide.split(separator: "\n").filter {
            $0.hasPrefix("| `") && !$0.hasPrefix("| `mesh.") && $0.split(separator: "|").count > 6
        }
        #expect(rows.map(String.init) == ServiceSetting.all.map(\.row))
        for setting in MeshSetting.all {
            #expect(guide.contains("| `\(setting.components.joined(separator: "."))` |"))
            #expect(guide.contains(EnvironmentName.encoded(setting.components) + "="))
        }
    }
}
#endif
