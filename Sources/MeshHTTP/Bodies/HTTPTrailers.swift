#if HTTP
public import HTTPTypes
import MeshCore

extension HTTPBody {
    /// Gives the fields behind a body.
    public typealias Trailers = @Sendable () async throws -> HTTPFields

    /// Creates a body of chunks that come one by one, with fields behind them.
    ///
    /// ```swift
    /// let body = HTTPBody(stream: chunks, trailers: { [digestName: await digest.value] })
    /// ```
    ///
    /// Its length is not told beforehand: in HTTP/1.1 only a body in chunks can have trailers. Transports refuse a request that has
    /// a `Content-Length` all the same. As a rule, servers drop trailers that they were not told to look for; the header
    /// `Trailer`, which is yours to set, names them.
    ///
    /// - Parameters:
    ///   - chunks: The chunks; iterated once, if at all.
    ///   - trailers: Called after the last chunk, by every attempt that comes so far; no fields are no trailers. What it throws
    ///     fails the call like an error of `chunks`, and so do fields that may not stand behind a body (RFC 9110, 6.5.1).
    public init(
        stream chunks: some AsyncSequence<Chunk, any Error> & Sendable,
        trailers: @escaping Trailers
    ) {
        self.init(source: TrailingBodySource(SequenceBodySource(chunks), trailers))
    }

    /// What gives the fields behind the body of a request; `nil` if there are none.
    ///
    /// A transport asks after it has sent the last chunk. One that cannot send them refuses the request before that. The body
    /// of a response has none here: they are in ``HTTPCallResponse/trailers``.
    public var trailers: Trailers? { (origin as? TrailingBodySource)?.trailers }
}

/// A body with fields behind it.
private final class TrailingBodySource: HTTPBodySource {
    let trailers: HTTPBody.Trailers
    private let base: any HTTPBodySource

    init(_ base: any HTTPBodySource, _ trailers: @escaping HTTPBody.Trailers) {
        self.base = base
        self.trailers = trailers
    }

    var isStarted: Bool { base.isStarted }

    func start() throws -> HTTPBody.Next { try base.start() }

    func onEnd(_ action: @escaping @Sendable (ResponseEnd) -> Void) { base.onEnd(action) }

    func discard() { base.discard() }
}
#endif
