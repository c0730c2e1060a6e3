import MeshCore
import MeshDiscovery

/// Looks at a file, reads it if that is necessary, and says what it found.
struct FileWatch: Sendable {
    let path: String
    let sizeLimit: Int
    private var changes = FileChanges()

    init(path: String, sizeLimit: Int) {
        self.path = path
        self.sizeLimit = sizeLimit
    }

    /// What the file says; `nil` if it need not be read.
    mutating func poll() -> Resolution? {
        do throws(FileError) {
            let realPath = try FileSystem.realPath(of: path)
            guard changes.needReading(try FileSystem.status(of: realPath)) else { return nil }
            let (bytes, status) = try FileSystem.read(realPath, limit: sizeLimit)
            changes.wasRead(status)
            return .endpoints(try EndpointDocument.parse(bytes))
        } catch {
            switch error {
            case .unreadable(let reason):
                changes = FileChanges()
                return .failure(ResolutionError(source: path, reason: reason))
            case .invalid(let error):
                return .failure(ResolutionError(source: path, reason: "\(error)"))
            }
        }
    }
}

/// Why there is no set in a file.
enum FileError: Error {
    case unreadable(String)
    case invalid(DocumentError)
}

/// What is compared to find out whether a file has changed.
struct FileStatus: Hashable, Sendable {
    /// With all symbolic links followed.
    var realPath: String
    var device: UInt64
    var inode: UInt64
    var size: Int64
    /// Nanoseconds since 1970.
    var modified: Int64
    /// Of the inode, which also moves when someone sets the time of modification back. Nanoseconds since 1970.
    var changed: Int64
}

/// Decides whether a file must be read.
///
/// A file that is written twice within one tick of the file system's clock (4 ms on Linux, up to 2 s elsewhere) looks
/// the same after both. Therefore each new status is read twice, one poll apart.
struct FileChanges: Hashable, Sendable {
    private var lastRead: FileStatus?
    private var isConfirmed = false

    func needReading(_ status: FileStatus) -> Bool {
        status != lastRead || !isConfirmed
    }

    mutating func wasRead(_ status: FileStatus) {
        isConfirmed = status == lastRead
        lastRead = status
    }
}
