public import MeshCore
public import MeshDiscovery

/// Reads endpoints from a JSON file, and again whenever it changes.
///
/// ```json
/// {
///   "endpoints": [
///     { "address": "10.0.0.1:80" },
///     {
///       "address": "[2001:db8::2]:80",
///       "weight": 2,
///       "priority": 1,
///       "locality": { "region": "eu-central-1", "zone": "eu-central-1a", "subZone": "rack-7" },
///       "metadata": { "version": "1.4.2" },
///       "identity": { "spiffe": "spiffe://prod.example/users" }
///     }
///   ]
/// }
/// ```
///
/// Only `address` is required. <doc:FileFormat> has the whole of the format.
///
/// **Watching.** The path is resolved and its file's status read once per poll interval; the file is read when its real
/// path, inode, size or time of change differs, and once more one interval later, for a file system whose clock is too
/// coarse to tell two changes apart. Symbolic links on the way are followed, so the swap of `..data` with which
/// Kubernetes updates a mounted ConfigMap is one change. A poll costs a few system calls, whatever the size; it works
/// where notifications do not (network file systems, overlay mounts).
///
/// **Bad files.** A file that is missing, half-written, too large or invalid is a `.failure` that names the path, line
/// and column, and the reason; the consumer keeps its last good set. To replace a file without such a moment write
/// another one beside it and rename it.
///
/// **Cost.** Each iteration polls on its own, without a task; descriptors are open only while a file is read. Files are
/// read and parsed on the global executor, not on that of the caller. That blocks one of its threads for as long as it
/// takes: about 5 us an endpoint, so half a second for a file of 100,000 endpoints and 10 MB.
public struct FileResolver: Resolver {
    /// The path as given.
    public let path: String
    /// The time between two looks at the file.
    public let pollInterval: Duration
    /// The largest file that is read, in bytes.
    public let sizeLimit: Int

    private let clock: MeshClock

    /// Creates a resolver that reads the file at `path`.
    ///
    /// - Parameters:
    ///   - path: Absolute, or relative to the working directory.
    ///   - pollInterval: The time between two looks at the file; 1 s by default.
    ///   - sizeLimit: The largest file that is read, in bytes; 16 MiB by default. A larger one is a failure.
    ///   - clock: What measures the interval.
    /// - Precondition: The path is not empty, the interval and the limit are positive.
    public init(
        path: String,
        pollInterval: Duration = .seconds(1),
        sizeLimit: Int = 16 << 20,
        clock: MeshClock = .continuous
    ) {
        precondition(!path.isEmpty, "a file resolver needs a path")
        precondition(pollInterval > .zero, "the poll interval of a file must be positive")
        precondition(sizeLimit > 0, "the size limit of a file must be positive")
        self.path = path
        self.pollInterval = pollInterval
        self.sizeLimit = sizeLimit
        self.clock = clock
    }

    /// Creates a resolver from a target like `file:///etc/mesh/users.json`.
    ///
    /// - Throws: `InvalidTargetError` if the scheme is another one, or the target names another host or has a query.
    public init(
        _ target: Target,
        pollInterval: Duration = .seconds(1),
        sizeLimit: Int = 16 << 20,
        clock: MeshClock = .continuous
    ) throws(InvalidTargetError) {
        func invalid(_ reason: String) -> InvalidTargetError {
            InvalidTargetError(text: target.description, reason: reason)
        }
        guard target.scheme == "file" else { throw invalid("a file target begins with file:///") }
        guard target.authority.isEmpty || target.authority == "localhost" else {
            throw invalid("\"\(target.authority)\" is another host; an absolute path is written file:///PATH")
        }
        guard target.query.isEmpty else { throw invalid("a file target has no query") }
        guard target.path.hasPrefix("/") else { throw invalid("the path is not absolute") }
        self.init(path: target.path, pollInterval: pollInterval, sizeLimit: sizeLimit, clock: clock)
    }

    /// The set in the file, now and whenever it changes.
    public func resolutions() -> Resolutions {
        Resolutions(resolver: self)
    }
}

extension FileResolver {
    /// The set in the file, now and whenever it changes.
    public struct Resolutions: AsyncSequence, Sendable {
        let resolver: FileResolver

        /// Begins to watch.
        public func makeAsyncIterator() -> AsyncIterator {
            AsyncIterator(resolver)
        }
    }

    /// Looks at the file when it is asked, and at most once per interval.
    public struct AsyncIterator: AsyncIteratorProtocol {
        private let clock: MeshClock
        private let interval: Duration
        private var watch: FileWatch
        private var nextPoll = MeshInstant.zero
        private var last: Resolution?

        init(_ resolver: FileResolver) {
            clock = resolver.clock
            interval = resolver.pollInterval
            watch = FileWatch(path: resolver.path, sizeLimit: resolver.sizeLimit)
        }

        /// Waits for a set that differs from the last one, or a failure that does; `nil` when the task is cancelled.
        public mutating func next(isolation actor: isolated (any Actor)?) async -> Resolution? {
            while !Task.isCancelled {
                if nextPoll > clock.now {
                    do { try await clock.sleep(until: nextPoll) } catch { return nil }
                }
                nextPoll = clock.now.advanced(by: interval)
                let resolution: Resolution?
                (watch, resolution) = await Self.poll(watch)
                guard let resolution, resolution != last else { continue }
                last = resolution
                return resolution
            }
            return nil
        }

        /// Leaves the executor of the caller, which may be an event loop or the main actor, to those who must not wait
        /// for a disk.
        @concurrent
        private static func poll(_ watch: FileWatch) async -> (FileWatch, Resolution?) {
            var watch = watch
            let resolution = watch.poll()
            return (watch, resolution)
        }
    }
}
