#if TLS
import Foundation

/// Files that are written together, and never over others unless that is wanted.
struct NewFiles {
    struct File {
        enum Kind {
            /// Readable by its owner only, from the first byte on.
            case secret
            /// Readable by everybody.
            case open
        }

        let path: String
        let contents: String
        let kind: Kind

        init(_ path: String, contents: String, kind: Kind) {
            self.path = path
            self.contents = contents
            self.kind = kind
        }
    }

    private let files: [File]

    init(_ files: [File]) {
        self.files = files
    }

    /// Writes all files, or none if one of them exists.
    func create(in directory: String) throws {
        try make(directory)
        for file in files where FileManager.default.fileExists(atPath: file.path) {
            throw ControlError(
                "\(file.path) exists and is not overwritten: delete it, or choose another place with --out"
            )
        }
        try write(to: files.map(\.path))
    }

    /// Writes all files, each in one step from the old contents to the new. No step is made before all of the new contents
    /// are on the disk: what goes wrong until then leaves the old files as they were, together.
    func replace(in directory: String) throws {
        try make(directory)
        let temporaries = files.map { "\($0.path).\(UInt32.random(in: .min ... .max))" }
        try write(to: temporaries)
        for (index, file) in files.enumerated() where rename(temporaries[index], file.path) != 0 {
            let failure = failure(file.path)
            remove(temporaries[index...])
            throw failure
        }
    }

    /// Writes each file to its path, or none of them.
    private func write(to paths: [String]) throws {
        for (index, file) in files.enumerated() {
            do {
                try write(file, to: paths[index])
            } catch {
                remove(paths[..<index])
                throw error
            }
        }
    }

    private func remove(_ paths: ArraySlice<String>) {
        for path in paths { unlink(path) }
    }

    private func make(_ directory: String) throws {
        do {
            try FileManager.default.createDirectory(
                atPath: directory,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700]
            )
        } catch {
            throw ControlError("the directory \(directory) cannot be created: \(error.localizedDescription)")
        }
    }

    private func write(_ file: File, to path: String) throws {
        // O_EXCL also refuses a link that someone has put there.
        let mode: mode_t = file.kind == .secret ? 0o600 : 0o644
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw failure(path) }
        do {
            let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: false)
            try handle.write(contentsOf: Data(file.contents.utf8))
            try handle.synchronize()
            try handle.close()
        } catch {
            unlink(path)
            throw ControlError("\(path) cannot be written: \(error.localizedDescription)")
        }
    }

    private func failure(_ path: String) -> ControlError {
        ControlError("\(path) cannot be written: \(String(cString: strerror(errno)))")
    }
}
#endif
