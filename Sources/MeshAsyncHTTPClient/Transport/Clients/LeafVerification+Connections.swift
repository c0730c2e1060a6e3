#if AsyncHTTPClient
import AsyncHTTPClient
import MeshTLS
import NIOCore
import NIOSSL

extension LeafVerification {
    /// Has a client connect with these credentials, and look at the leaf of each connection before anything else happens
    /// on it. AsyncHTTPClient sends no request before its initializers are done.
    func guardConnections(of client: inout HTTPClient.Configuration) {
        client.tlsConfiguration = configuration
        client.http1_1ConnectionDebugInitializer = initializer(before: client.http1_1ConnectionDebugInitializer)
        client.http2ConnectionDebugInitializer = initializer(before: client.http2ConnectionDebugInitializer)
    }

    private func initializer(before next: ConnectionWatch.Initializer?) -> ConnectionWatch.Initializer {
        let verified = ConnectionWatch.closing { channel in
            // A channel without a handler of NIOSSL's, as with Network.framework, has shown nothing and is refused, too.
            channel.eventLoop.submit {
                try self.verify(channel.pipeline.syncOperations.nioSSL_peerCertificate())
            }
        }
        guard let next else { return verified }
        return { channel in verified(channel).flatMap { next(channel) } }
    }
}
#endif
