#if TLS
import Foundation

/// A directory that goes away with its last reference.
final class TemporaryDirectory: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.path + "/mesh-tls-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    func file(_ name: String) -> String { "\(path)/\(name)" }

    /// Writes over the file in place, as a careless script does.
    func write(_ text: String, to name: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: file(name)))
    }

    /// As the kubelet does: files in a directory of their own, and links to them through `..data`, which is replaced in one
    /// step.
    func project(_ files: [String: String], revision: String) throws {
        let manager = FileManager.default
        try manager.createDirectory(atPath: file("..\(revision)"), withIntermediateDirectories: true)
        for (name, text) in files {
            try write(text, to: "..\(revision)/\(name)")
            if !manager.fileExists(atPath: file(name)) {
                try? manager.createSymbolicLink(atPath: file(name), withDestinationPath: "..data/\(name)")
            }
        }
        try manager.createSymbolicLink(atPath: file("..data_tmp"), withDestinationPath: "..\(revision)")
        guard rename(file("..data_tmp"), file("..data")) == 0 else { throw CocoaError(.fileWriteUnknown) }
    }
}
#endif
