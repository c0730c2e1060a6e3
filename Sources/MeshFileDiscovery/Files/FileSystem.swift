#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Android)
import Android
#endif

/// What watching a file takes: to follow its links, to look at it, to read it.
enum FileSystem {
    static func realPath(of path: String) throws(FileError) -> String {
        guard let resolved = realpath(path, nil) else { throw .unreadable(lastError()) }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    static func status(of realPath: String) throws(FileError) -> FileStatus {
        var status = stat()
        guard stat(realPath, &status) == 0 else { throw .unreadable(lastError()) }
        return try regular(status, at: realPath)
    }

    /// Reads a whole file, and says what it was like.
    static func read(_ realPath: String, limit: Int) throws(FileError) -> ([UInt8], FileStatus) {
        // Not to block should the file have become a pipe since it was looked at.
        let descriptor = open(realPath, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw .unreadable(lastError()) }
        defer { close(descriptor) }

        let before = try status(of: descriptor, at: realPath)
        guard before.size <= limit else {
            throw .unreadable("the file has \(before.size) bytes; the limit is \(limit)")
        }
        // One byte more than expected, to notice a file that grows.
        var bytes = [UInt8](repeating: 0, count: Int(before.size) + 1)
        var count = 0
        while count < bytes.count {
            let read = bytes.withUnsafeMutableBytes { buffer in
                systemRead(descriptor, UnsafeMutableRawBufferPointer(rebasing: buffer[count...]))
            }
            if read < 0, errno == EINTR { continue }
            guard read >= 0 else { throw .unreadable(lastError()) }
            if read == 0 { break }
            count += read
        }
        guard try status(of: descriptor, at: realPath) == before, count == before.size else {
            throw .unreadable("the file changed while it was read")
        }
        bytes.removeLast(bytes.count - count)
        return (bytes, before)
    }

    private static func systemRead(_ descriptor: CInt, _ buffer: UnsafeMutableRawBufferPointer) -> Int {
        #if canImport(Darwin)
        Darwin.read(descriptor, buffer.baseAddress, buffer.count)
        #elseif canImport(Glibc)
        Glibc.read(descriptor, buffer.baseAddress, buffer.count)
        #elseif canImport(Musl)
        Musl.read(descriptor, buffer.baseAddress, buffer.count)
        #elseif canImport(Android)
        Android.read(descriptor, buffer.baseAddress!, buffer.count)
        #endif
    }

    private static func status(of descriptor: CInt, at realPath: String) throws(FileError) -> FileStatus {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .unreadable(lastError()) }
        return try regular(status, at: realPath)
    }

    private static func regular(_ status: stat, at realPath: String) throws(FileError) -> FileStatus {
        switch status.st_mode & S_IFMT {
        case S_IFREG: break
        case S_IFDIR: throw .unreadable("it is a directory")
        default: throw .unreadable("it is not a regular file")
        }
        func nanoseconds(_ time: timespec) -> Int64 {
            Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
        }
        #if canImport(Darwin)
        let (modified, changed) = (status.st_mtimespec, status.st_ctimespec)
        #else
        let (modified, changed) = (status.st_mtim, status.st_ctim)
        #endif
        return FileStatus(
            realPath: realPath,
            device: UInt64(truncatingIfNeeded: status.st_dev),
            inode: UInt64(status.st_ino),
            size: Int64(status.st_size),
            modified: nanoseconds(modified),
            changed: nanoseconds(changed)
        )
    }

    private static func lastError() -> String {
        let code = errno
        return switch code {
        case ENOENT: "the file does not exist"
        case EACCES: "permission denied"
        default: "\(String(cString: strerror(code))) (errno \(code))"
        }
    }
}
