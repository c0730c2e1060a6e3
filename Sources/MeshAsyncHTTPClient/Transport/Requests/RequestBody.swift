#if AsyncHTTPClient
import AsyncHTTPClient
import MeshHTTP
import NIOCore
import Synchronization

/// The body of a request, sorted by how often it can be sent.
enum RequestBody: Sendable {
    case none
    /// In memory, at hand.
    case bytes(ByteBuffer)
    /// In memory, made into bytes whenever it is sent.
    case collection(HTTPClientRequest.Body)
    /// Can be read once.
    case stream(SingleUseBody, length: Int64?)
    /// Can be read again as long as the record holds all of it.
    case recorded(ReplayBuffer<ByteBuffer>, length: Int64?)

    init(_ body: HTTPClientRequest.Body?) {
        guard let body else {
            self = .none
            return
        }
        switch RequestBodyShape(of: body) {
        case .bytes(let buffer): self = .bytes(buffer)
        case .collection: self = .collection(body)
        case .stream(let length): self = .stream(SingleUseBody(body), length: length)
        }
    }

    init(_ body: HTTPBody) {
        if let bytes = body.bytes {
            self = bytes.isEmpty ? .none : .bytes(ByteBuffer(bytes: bytes))
        } else {
            self = .stream(SingleUseBody(body), length: body.length)
        }
    }

    var canBeSentAgain: Bool {
        switch self {
        case .none, .bytes, .collection: true
        case .stream(let body, _): !body.isStarted
        case .recorded(let buffer, _): buffer.canReplay
        }
    }

    mutating func prepareForReplay(limit: Int) {
        guard case .stream(let body, let length) = self else { return }
        self = .recorded(
            ReplayBuffer(limit: limit, size: \.readableBytes) {
                do {
                    return try body.start()
                } catch {
                    return { throw error }
                }
            },
            length: length
        )
    }
}

/// A body that can be read once.
final class SingleUseBody: Sendable {
    typealias Next = () async throws -> ByteBuffer?

    private let makeNext: @Sendable () -> Next
    private let hasStarted = Atomic(false)

    init(_ body: HTTPClientRequest.Body) {
        makeNext = {
            var iterator = body.makeAsyncIterator()
            return { try await iterator.next(isolation: #isolation) }
        }
    }

    init(_ body: HTTPBody) {
        makeNext = {
            var iterator = body.makeAsyncIterator()
            return { try await iterator.next().map { ByteBuffer(bytes: $0) } }
        }
    }

    var isStarted: Bool { hasStarted.load(ordering: .acquiring) }

    func start() throws -> Next {
        guard !hasStarted.exchange(true, ordering: .acquiringAndReleasing) else { throw HTTPBodyError.alreadyRead }
        return makeNext()
    }
}
#endif
