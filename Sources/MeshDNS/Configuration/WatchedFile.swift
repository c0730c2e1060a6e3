#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Android)
import Android
#endif

/// The value that a small file stands for; parsed again when the file has another time stamp, size or inode.
///
/// One `stat` (about a microsecond) per look. Looked at once per question and not on the path of a call.
struct WatchedFile<Value> {
    private struct Version: Equatable {
        var inode: UInt64
        var size: Int64
        var seconds: Int
        var nanoseconds: Int
    }

    /// Larger files are read up to here.
    private static var largestSize: Int { 4 << 20 }

    private var value: Value
    private var version: Version?

    init(value: Value) {
        self.value = value
    }

    mutating func current(_ path: String, parse: (String) -> Value) -> Value {
        guard let newVersion = Self.version(path), newVersion != version, let text = Self.text(path) else {
            return value
        }
        version = newVersion
        value = parse(text)
        return value
    }

    private static func version(_ path: String) -> Version? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        #if canImport(Darwin)
        let time = status.st_mtimespec
        #else
        let time = status.st_mtim
        #endif
        return Version(
            inode: UInt64(status.st_ino),
            size: Int64(status.st_size),
            seconds: Int(time.tv_sec),
            nanoseconds: Int(time.tv_nsec)
        )
    }

    private static func text(_ path: String) -> String? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16384)
        while bytes.count < largestSize {
            let count = buffer.withUnsafeMutableBytes { read(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { return nil }
            guard count > 0 else { break }
            bytes += buffer[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
