#if AsyncHTTPClient
import MeshCore
import MeshHTTP
import NIOCore
import Synchronization

/// The interest in the body of a response: when the last reference goes, the exchange is told that nobody wants the
/// rest. (The exchange itself is held by AsyncHTTPClient as long as it runs.)
final class ResponseBody: Sendable {
    private let exchange: Exchange
    private let hasStarted = Atomic(false)

    init(of exchange: Exchange) {
        self.exchange = exchange
    }

    deinit { exchange.drop() }

    func onEnd(_ action: @escaping @Sendable (ResponseEnd) -> Void) { exchange.onEnd(action) }

    func discard() { exchange.drop() }

    fileprivate func begin() throws {
        guard !hasStarted.exchange(true, ordering: .acquiringAndReleasing) else { throw HTTPBodyError.alreadyRead }
    }

    /// The body as AsyncHTTPClient has it.
    struct Buffers: AsyncSequence, Sendable {
        let body: ResponseBody

        func makeAsyncIterator() -> Iterator {
            Iterator(body: body, start: Result { try body.begin() })
        }

        struct Iterator: AsyncIteratorProtocol {
            fileprivate let body: ResponseBody
            fileprivate let start: Result<Void, any Error>

            func next() async throws -> ByteBuffer? {
                try start.get()
                return try await body.exchange.read()
            }
        }
    }
}

/// The body as the mesh has it.
extension ResponseBody: HTTPBodySource {
    var isStarted: Bool { hasStarted.load(ordering: .acquiring) }

    func start() throws -> HTTPBody.Next {
        try begin()
        return { try await self.exchange.read().map { Array($0.readableBytesView)[...] } }
    }
}
#endif
