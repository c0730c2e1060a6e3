#if TLS
public import HummingbirdCore
import HummingbirdHTTP2
import Logging
public import MeshTLS
import NIOCore

// The server of docs/guides/mtls.md. Whoever changes one changes both.

struct MeshTLSChannel<Base: ServerChildChannel>: ServerChildChannel {
    let tls: ServerTLS
    let base: Base
    let applicationProtocols: [String]

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Base.Value> {
        channel.eventLoop.makeCompletedFuture {
            try tls.makeHandshake(applicationProtocols: applicationProtocols).install(on: channel)
        }.flatMap {
            base.setup(channel: channel, logger: logger)
        }
    }

    @concurrent
    func handle(value: Base.Value, logger: Logger) async {
        await base.handle(value: value, logger: logger)
    }
}

extension HTTPServerBuilder {
    /// HTTP/1.1 with TLS of the mesh.
    public static func meshTLS(_ tls: ServerTLS) -> HTTPServerBuilder {
        HTTPServerBuilder { responder in
            MeshTLSChannel(tls: tls, base: HTTP1Channel(responder: responder), applicationProtocols: ["http/1.1"])
        }
    }

    /// HTTP/2 with TLS of the mesh.
    public static func meshTLSHTTP2(_ tls: ServerTLS) -> HTTPServerBuilder {
        HTTPServerBuilder { responder in
            MeshTLSChannel(tls: tls, base: HTTP2Channel(responder: responder), applicationProtocols: ["h2"])
        }
    }
}
#endif
