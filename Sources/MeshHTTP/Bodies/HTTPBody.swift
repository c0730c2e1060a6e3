public import MeshCore

/// The body of a request or a response: none, bytes in memory, or a stream of chunks that can be read once.
///
/// ```swift
/// let text = HTTPBody("hello")
/// let upload = HTTPBody(stream: chunks, length: 1_000_000)
/// let bytes = try await response.body.collect(upTo: 1_000_000)
/// ```
public struct HTTPBody: Sendable {
    /// A piece of a body. Where one piece ends and the next begins has no meaning.
    public typealias Chunk = ArraySlice<UInt8>
    /// Returns the next chunk, `nil` at the end.
    public typealias Next = () async throws -> Chunk?

    private enum Storage: Sendable {
        case bytes([UInt8])
        case source(any HTTPBodySource)
        case recorded(ReplayBuffer<Chunk>)
    }

    private var storage: Storage

    /// The number of bytes if it is known beforehand; it is sent as `Content-Length`.
    public let length: Int64?

    private init(_ storage: Storage, length: Int64?) {
        self.storage = storage
        self.length = length
    }

    /// No body.
    public static var empty: HTTPBody { HTTPBody([]) }

    /// Creates a body of bytes in memory.
    public init(_ bytes: [UInt8]) {
        self.init(.bytes(bytes), length: Int64(bytes.count))
    }

    /// Creates a body of text, in UTF-8.
    public init(_ text: String) {
        self.init(Array(text.utf8))
    }

    /// Creates a body of chunks that come one by one.
    ///
    /// - Parameters:
    ///   - chunks: The chunks; iterated once, if at all.
    ///   - length: How many bytes they have in total; `nil` if that is not known.
    public init(stream chunks: some AsyncSequence<Chunk, any Error> & Sendable, length: Int64? = nil) {
        self.init(.source(SequenceBodySource(chunks)), length: length)
    }

    /// Creates a body that a transport provides.
    public init(source: any HTTPBodySource, length: Int64? = nil) {
        self.init(.source(source), length: length)
    }

    /// The bytes of a body in memory; `nil` for one that streams.
    public var bytes: [UInt8]? {
        if case .bytes(let bytes) = storage { bytes } else { nil }
    }

    /// Where a streaming body comes from; `nil` for one in memory or recorded.
    var source: (any HTTPBodySource)? {
        if case .source(let source) = storage { source } else { nil }
    }

    /// Where a streaming body comes from, recorded or not; `nil` for one in memory.
    var origin: (any HTTPBodySource)? {
        switch storage {
        case .bytes: nil
        case .source(let source): source
        case .recorded(let buffer): buffer.origin
        }
    }

    /// Whether the whole body can be read from its start.
    public var canBeRead: Bool {
        switch storage {
        case .bytes: true
        case .source(let source): !source.isStarted
        case .recorded(let buffer): buffer.canReplay
        }
    }

    /// Records a streaming body while it is read, up to `limit` bytes, so that it can be read again.
    ///
    /// - Precondition: `limit` is not negative.
    public mutating func prepareForReplay(limit: Int) {
        guard case .source(let source) = storage else { return }
        storage = .recorded(
            ReplayBuffer(limit: limit, origin: source, size: \.count) {
                do {
                    return try source.start()
                } catch {
                    return { throw error }
                }
            }
        )
    }

    /// Reads the whole body into memory.
    ///
    /// - Throws: ``HTTPBodyError/tooLarge(limit:)`` if it has more than `limit` bytes, as soon as that is known;
    ///   ``HTTPBodyError/alreadyRead``; and what the stream throws.
    public func collect(upTo limit: Int) async throws -> [UInt8] {
        if let length, length > Int64(limit) { throw HTTPBodyError.tooLarge(limit: limit) }
        if case .bytes(let bytes) = storage { return bytes }
        var collected: [UInt8] = []
        for try await chunk in self {
            guard collected.count + chunk.count <= limit else { throw HTTPBodyError.tooLarge(limit: limit) }
            collected += chunk
        }
        return collected
    }

    /// Whether nothing is still to come.
    var isOver: Bool {
        if case .source = storage { false } else { true }
    }

    /// Runs `action` exactly once, when the body is over. Bytes in memory are over already.
    public func onEnd(_ action: @escaping @Sendable (ResponseEnd) -> Void) {
        if case .source(let source) = storage { source.onEnd(action) } else { action(.complete) }
    }

    /// Drops what has not been read.
    public func discard() {
        if case .source(let source) = storage { source.discard() }
    }
}

extension HTTPBody: AsyncSequence {
    /// Starts to read. A body that cannot be read (again) says so with its first chunk.
    public func makeAsyncIterator() -> AsyncIterator {
        do {
            switch storage {
            case .bytes(let bytes):
                return AsyncIterator(.bytes(bytes[...]))
            case .source(let source):
                return AsyncIterator(.next(try source.start()))
            case .recorded(let buffer):
                let reader = try buffer.makeReader()
                return AsyncIterator(.next({ try await reader.next() }))
            }
        } catch {
            return AsyncIterator(.failed(error))
        }
    }

    /// Reads a body chunk by chunk.
    public struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate enum State {
            case bytes(Chunk)
            case next(Next)
            case failed(any Error)
            case over
        }

        private var state: State

        fileprivate init(_ state: State) {
            self.state = state
        }

        /// The next chunk, never empty; `nil` at the end.
        public mutating func next() async throws -> Chunk? {
            switch state {
            case .bytes(let bytes):
                state = .over
                return bytes.isEmpty ? nil : bytes
            case .next(let next):
                while let chunk = try await next() {
                    if !chunk.isEmpty { return chunk }
                }
                state = .over
                return nil
            case .failed(let error):
                throw error
            case .over:
                return nil
            }
        }
    }
}

@available(*, unavailable)
extension HTTPBody.AsyncIterator: Sendable {}

/// Why a body could not be read.
public enum HTTPBodyError: Error, Hashable, Sendable, CustomStringConvertible {
    /// It is a stream, and has been read before.
    case alreadyRead
    /// It has more bytes than were allowed.
    case tooLarge(limit: Int)

    /// A phrase for a person.
    public var description: String {
        switch self {
        case .alreadyRead: "the body is a stream and has been read already"
        case .tooLarge(let limit): "the body has more than \(limit) bytes"
        }
    }
}
