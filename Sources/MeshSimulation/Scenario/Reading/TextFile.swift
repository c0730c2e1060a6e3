#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Android)
import Android
#endif

/// Reads whole files, without Foundation.
enum TextFile {
    /// The bytes of a file, or why there are none.
    static func read(_ path: String) -> Result<[UInt8], Failure> {
        guard let file = fopen(path, "rb") else { return .failure(Failure(reason: String(cString: strerror(errno)))) }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = fread(&buffer, 1, buffer.count, file)
            bytes += buffer[..<count]
            guard count > 0 else { break }
        }
        guard ferror(file) == 0 else { return .failure(Failure(reason: String(cString: strerror(errno)))) }
        return .success(bytes)
    }

    struct Failure: Error {
        let reason: String
    }
}
