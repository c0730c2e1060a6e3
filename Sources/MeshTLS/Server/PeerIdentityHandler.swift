#if TLS
public import NIOCore

/// Keeps who the peer is where every handler of the connection can find it. It is put there only by ``ServerHandshake``, and
/// knows only what that has verified.
///
/// The validated chain that NIOSSL keeps would not do: it does not say for which kind of name its root vouches, and any other
/// verification leaves one, too.
final class PeerIdentityHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let verification: Verification

    init(_ verification: Verification) {
        self.verification = verification
    }

    var identity: PeerIdentity? { try? verification.result?.get() }
}

extension PeerIdentity {
    /// Who the client of an accepted connection has proved to be; `nil` if it has proved nothing.
    ///
    /// Works for connections on which ``ServerHandshake/install(on:)`` was called, and for the HTTP/2 streams in them. For any
    /// other channel it is `nil`, whatever certificate the peer showed there.
    ///
    /// - Complexity: One hop to the event loop of the channel.
    public init?(of channel: any Channel) async throws {
        var channel = channel
        while true {
            do {
                let identity = try await channel.pipeline.handler(type: PeerIdentityHandler.self)
                    .map { $0.identity }.get()
                guard let identity else { return nil }
                self = identity
                return
            } catch ChannelPipelineError.notFound {
                // A stream of HTTP/2 has its TLS in the connection.
                guard let parent = channel.parent else { return nil }
                channel = parent
            }
        }
    }
}
#endif
