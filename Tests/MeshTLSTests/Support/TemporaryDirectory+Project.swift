#if TLS
import TestSupport

extension TemporaryDirectory {
    /// As the kubelet does: files in a directory of their own, and links to them through `..data`, which is replaced in one
    /// step.
    func project(_ files: [String: String], revision: String) throws {
        try makeDirectory("..\(revision)")
        for (name, text) in files {
            try write(text, to: "..\(revision)/\(name)")
            // It is there from the second revision on.
            try? link(name, to: "..data/\(name)")
        }
        try relink("..data", to: "..\(revision)")
    }
}
#endif
