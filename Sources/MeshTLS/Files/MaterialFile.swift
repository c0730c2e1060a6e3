#if TLS
#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Android)
import Android
#endif

/// Reads the small files that certificates and keys are in.
enum MaterialFile {
    /// 1 MiB: the roots of an operating system are a fifth of that.
    static let sizeLimit = 1 << 20

    /// The whole of a regular file.
    ///
    /// Opens the path anew, so that a link that was swapped on the way (`..data` of a mounted Kubernetes secret) is followed
    /// to where it points now.
    static func read(_ path: String) throws(CredentialSourceError) -> [UInt8] {
        // Not to block should the path be a pipe.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw CredentialSourceError(source: path, reason: lastError()) }
        defer { close(descriptor) }

        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw CredentialSourceError(source: path, reason: lastError()) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw CredentialSourceError(source: path, reason: "it is not a regular file")
        }
        guard status.st_size <= sizeLimit else {
            throw CredentialSourceError(
                source: path,
                reason: "it has \(status.st_size) bytes; the limit is \(sizeLimit)"
            )
        }
        // One byte more than expected, to notice a file that grows.
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size) + 1)
        var count = 0
        while count < bytes.count {
            let got = bytes.withUnsafeMutableBytes { systemRead(descriptor, $0.baseAddress! + count, $0.count - count) }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw CredentialSourceError(source: path, reason: lastError()) }
            if got == 0 { break }
            count += got
        }
        guard count == status.st_size else {
            throw CredentialSourceError(source: path, reason: "it changed while it was read")
        }
        bytes.removeLast(bytes.count - count)
        return bytes
    }

    private static func systemRead(_ descriptor: CInt, _ buffer: UnsafeMutableRawPointer, _ count: Int) -> Int {
        #if canImport(Darwin)
        Darwin.read(descriptor, buffer, count)
        #elseif canImport(Glibc)
        Glibc.read(descriptor, buffer, count)
        #elseif canImport(Musl)
        Musl.read(descriptor, buffer, count)
        #elseif canImport(Android)
        Android.read(descriptor, buffer, count)
        #endif
    }

    private static func lastError() -> String {
        let code = errno
        return switch code {
        case ENOENT: "it does not exist"
        case EACCES: "permission denied"
        default: "\(String(cString: strerror(code))) (errno \(code))"
        }
    }
}
#endif
