#if AsyncHTTPClient
import Hummingbird
import HummingbirdCore
import HummingbirdHTTP2
import Logging
import NIOCore
import NIOSSL
import SwiftASN1
import Synchronization
import TestSupport
import X509

/// A server with TLS that speaks HTTP/1.1 and HTTP/2, wants a certificate of its clients, and remembers what it saw.
final class IdentityServer: Sendable {
    struct Log {
        /// The certificate of the client behind each request.
        var clients: [NIOSSLCertificate?] = []
        var accepted = 0
        var open = 0
        /// What the next handshakes show.
        var shown: Issued
    }

    private final class Box: Sendable {
        let log: Mutex<Log>

        init(_ log: Log) {
            self.log = Mutex(log)
        }
    }

    private let box: Box
    let port: UInt16

    private init(_ box: Box, port: UInt16) {
        self.box = box
        self.port = port
    }

    var accepted: Int { box.log.withLock(\.accepted) }
    var open: Int { box.log.withLock(\.open) }
    var clients: [NIOSSLCertificate?] { box.log.withLock(\.clients) }

    /// Shows another certificate from the next handshake on.
    func show(_ issued: Issued) {
        box.log.withLock { $0.shown = issued }
    }

    /// Runs `body` with a server that shows `issued`, and lets in clients with a certificate of one of `roots`.
    static func with(
        _ issued: Issued,
        trusting roots: [TestAuthority],
        _ body: @escaping @Sendable (IdentityServer) async throws -> Void
    ) async throws {
        let box = Box(Log(shown: issued))
        let router = Router(context: Context.self)
        router.get("/") { _, context -> String in
            let client = try await context.client()
            box.log.withLock { $0.clients.append(client) }
            return "ok"
        }
        let tls = try configuration(box, trusting: roots)
        let server = HTTPServerBuilder { responder in
            Counted(base: try HTTP2UpgradeChannel(tlsConfiguration: tls, responder: responder), box: box)
        }
        try await withHummingbird(router, server: server) { port in
            try await body(IdentityServer(box, port: port))
        }
    }

    private static func configuration(_ box: Box, trusting roots: [TestAuthority]) throws -> TLSConfiguration {
        let issued = box.log.withLock(\.shown)
        var tls = TLSConfiguration.makeServerConfiguration(
            certificateChain: try issued.sources,
            privateKey: try issued.keySource
        )
        tls.certificateVerification = .noHostnameVerification
        tls.trustRoots = .certificates(
            try roots.map {
                try NIOSSLCertificate(bytes: Array($0.certificate.serializeAsPEM().pemString.utf8), format: .pem)
            }
        )
        tls.sslContextCallback = { _, promise in
            promise.completeWith(
                Result {
                    let issued = box.log.withLock(\.shown)
                    var override = NIOSSLContextConfigurationOverride()
                    override.certificateChain = try issued.sources
                    override.privateKey = try issued.keySource
                    return override
                }
            )
        }
        return tls
    }

    private struct Context: RequestContext {
        var coreContext: CoreRequestContextStorage
        private let channel: any Channel

        init(source: ApplicationRequestContextSource) {
            coreContext = CoreRequestContextStorage(source: source)
            channel = source.channel
        }

        func client() async throws -> NIOSSLCertificate? {
            do {
                return try await channel.nioSSL_peerCertificate().get()
            } catch ChannelPipelineError.notFound {
                // A stream of HTTP/2 has its TLS in the connection.
                return try await channel.parent?.nioSSL_peerCertificate().get()
            }
        }
    }

    private struct Counted<Base: ServerChildChannel>: ServerChildChannel {
        let base: Base
        let box: Box

        func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Base.Value> {
            box.log.withLock { log in
                log.accepted += 1
                log.open += 1
            }
            channel.closeFuture.whenComplete { _ in box.log.withLock { $0.open -= 1 } }
            return base.setup(channel: channel, logger: logger)
        }

        @concurrent
        func handle(value: Base.Value, logger: Logger) async {
            await base.handle(value: value, logger: logger)
        }
    }
}

extension Issued {
    fileprivate var sources: [NIOSSLCertificateSource] {
        get throws {
            try NIOSSLCertificate.fromPEMBytes(Array(chainPEM.utf8)).map { .certificate($0) }
        }
    }

    fileprivate var keySource: NIOSSLPrivateKeySource {
        get throws { .privateKey(try NIOSSLPrivateKey(bytes: Array(keyPEM.utf8), format: .pem)) }
    }

    /// Whether a client showed this certificate.
    func isShown(by client: NIOSSLCertificate?) throws -> Bool {
        try client == NIOSSLCertificate.fromPEMBytes(Array(chainPEM.utf8)).first
    }
}
#endif
