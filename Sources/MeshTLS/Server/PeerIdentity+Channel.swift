#if TLS
public import NIOCore
import NIOSSL
import SwiftASN1
import X509

extension PeerIdentity {
    /// Who the peer of a connection has proved to be; `nil` if it has proved nothing.
    ///
    /// Read from the chain that was verified in the handshake, so it works for channels whose TLS handler was made by
    /// ``ServerTLS/makeHandshake(applicationProtocols:)`` or ``ClientTLS/makeHandshake(with:serverName:applicationProtocols:)``,
    /// and for the HTTP/2 streams in them. For any other channel it is `nil`, whatever certificate the peer showed there.
    ///
    /// - Complexity: One hop to the event loop and the parsing of the chain: about 30 us. Keep the result for the connection.
    public init?(of channel: any Channel) async throws {
        var channel = channel
        while true {
            do {
                guard let path = try await channel.nioSSL_peerValidatedCertificateChain().get() else { return nil }
                self = try PeerIdentity(path)
                return
            } catch ChannelPipelineError.notFound {
                // A stream of HTTP/2 has its TLS in the connection.
                guard let parent = channel.parent else { return nil }
                channel = parent
            }
        }
    }

    init(_ path: NIOSSL.ValidatedCertificateChain) throws {
        let chain = try path.map { try Certificate(derEncoded: $0.toDERBytes()) }
        self.init(spiffeID: try SVID.idIfPresent(in: chain[0]), verified: chain)
    }
}
#endif
