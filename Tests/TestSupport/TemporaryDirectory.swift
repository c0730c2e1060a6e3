#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// A directory that goes away with its last reference.
public final class TemporaryDirectory: Sendable {
    /// Where it is.
    public let path: String

    /// Makes one that nobody else can read.
    public init() throws {
        let base = getenv("TMPDIR").map { String(cString: $0) } ?? P_tmpdir
        var template = Array("\(base)/mesh-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { throw SystemError(code: errno) }
        path = String(cString: made)
    }

    deinit {
        remove(path)
    }

    /// The path of a file in it.
    public func file(_ name: String) -> String { "\(path)/\(name)" }

    /// Writes over the file in place, as an editor or a careless script does.
    public func write(_ text: String, to name: String) throws {
        try write(Array(text.utf8), to: name)
    }

    /// Writes over the file in place.
    public func write(_ bytes: [UInt8], to name: String) throws {
        let descriptor = open(file(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw SystemError(code: errno) }
        defer { close(descriptor) }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { systemWrite(descriptor, $0) }
            guard count > 0 else { throw SystemError(code: errno) }
            rest = rest.dropFirst(count)
        }
    }

    /// Writes beside the file and renames.
    public func replace(_ name: String, with text: String) throws {
        try write(text, to: "\(name).new")
        try check(rename(file("\(name).new"), file(name)))
    }

    /// Makes a directory in it.
    public func makeDirectory(_ name: String) throws { try check(mkdir(file(name), 0o755)) }
    /// Makes a pipe with a name.
    public func makePipe(_ name: String) throws { try check(mkfifo(file(name), 0o644)) }
    /// Makes a symbolic link.
    public func link(_ name: String, to target: String) throws { try check(symlink(target, file(name))) }
    /// Deletes a file.
    public func delete(_ name: String) throws { try check(unlink(file(name))) }

    /// Replaces a link by another one in one step, as the kubelet does with `..data`.
    public func relink(_ name: String, to target: String) throws {
        try link("\(name)_tmp", to: target)
        try check(rename(file("\(name)_tmp"), file(name)))
    }

    private func check(_ result: CInt) throws {
        guard result == 0 else { throw SystemError(code: errno) }
    }

    private func remove(_ path: String) {
        if let directory = opendir(path) {
            while let entry = readdir(directory) {
                let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                    String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
                }
                guard name != ".", name != ".." else { continue }
                if unlink("\(path)/\(name)") != 0 { remove("\(path)/\(name)") }
            }
            closedir(directory)
        }
        rmdir(path)
    }
}

/// What the system would not do.
public struct SystemError: Error {
    /// The value of `errno`.
    public let code: CInt
}

private func systemWrite(_ descriptor: CInt, _ bytes: UnsafeRawBufferPointer) -> Int {
    write(descriptor, bytes.baseAddress, bytes.count)
}

/// How many descriptors of this process point below `path`; `nil` where that cannot be told.
public func openDescriptors(below path: String) -> Int? {
    guard let directory = opendir("/proc/self/fd") else { return nil }
    defer { closedir(directory) }
    var count = 0
    while let entry = readdir(directory) {
        let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        var target = [CChar](repeating: 0, count: 4096)
        let length = readlink("/proc/self/fd/\(name)", &target, target.count)
        if length > 0,
            String(decoding: target.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self).hasPrefix(path)
        {
            count += 1
        }
    }
    return count
}
