public import MeshCore
import Synchronization

/// A streaming body, as a transport provides it: read once, from one task.
///
/// The last reference to the source, which the closure returned by ``start()`` holds too, stands for the interest in
/// the body: when it goes, the rest is dropped.
public protocol HTTPBodySource: AnyObject, Sendable {
    /// Whether the body has been started.
    var isStarted: Bool { get }

    /// Starts to read; the closure returns the next chunk, `nil` at the end, and is called by one task at a time.
    ///
    /// - Throws: ``HTTPBodyError/alreadyRead`` the second time.
    func start() throws -> HTTPBody.Next

    /// Runs `action` exactly once, when the body is over: complete, failed or dropped.
    func onEnd(_ action: @escaping @Sendable (ResponseEnd) -> Void)

    /// Drops what has not been read.
    func discard()
}

/// A body out of any asynchronous sequence of chunks.
final class SequenceBodySource<Chunks: AsyncSequence & Sendable>: HTTPBodySource
where Chunks.Element == ArraySlice<UInt8> {
    private let chunks: Chunks
    private let hasStarted = Atomic(false)
    private let end = ResponseEndOnce()

    init(_ chunks: Chunks) {
        self.chunks = chunks
    }

    deinit { end.finish(.dropped) }

    var isStarted: Bool { hasStarted.load(ordering: .acquiring) }

    func start() throws -> HTTPBody.Next {
        guard !hasStarted.exchange(true, ordering: .acquiringAndReleasing) else { throw HTTPBodyError.alreadyRead }
        let pass = Pass(of: self)
        return { try await pass.next() }
    }

    func onEnd(_ action: @escaping @Sendable (ResponseEnd) -> Void) { end.onEnd(action) }

    func discard() { end.finish(.dropped) }

    /// The one pass over the chunks. Holds the source, so that the body is dropped only when nobody reads it any more.
    private final class Pass {
        private let source: SequenceBodySource
        private var iterator: Chunks.AsyncIterator

        init(of source: SequenceBodySource) {
            self.source = source
            iterator = source.chunks.makeAsyncIterator()
        }

        func next() async throws -> ArraySlice<UInt8>? {
            switch source.end.end {
            case nil: break
            case .complete: return nil
            case .failed(let error): throw error
            case .dropped: throw HTTPBodyError.alreadyRead
            }
            do {
                let chunk = try await iterator.next(isolation: #isolation)
                if chunk == nil { source.end.finish(.complete) }
                return chunk
            } catch {
                source.end.finish(.failed(error))
                throw error
            }
        }
    }
}
