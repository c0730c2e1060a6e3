#if AsyncHTTPClient && Transport
import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOSSL

/// AsyncHTTPClient against the one endpoint, nothing around it.
struct BareAsyncHTTPClient: BenchmarkClient {
    private let client: HTTPClient
    private let url: String
    private let version: HTTPVersion

    /// HTTP/1.1 without TLS.
    init(_ load: Load) {
        self.init("http://\(load.addresses[0])\(load.path)", Self.configuration(load), .http1_1)
    }

    /// HTTP/1.1 over TLS.
    static func tls(_ load: Load) throws -> BareAsyncHTTPClient {
        try overTLS(load, .http1Only, .http1_1)
    }

    /// HTTP/2 over TLS.
    static func http2(_ load: Load) throws -> BareAsyncHTTPClient {
        try overTLS(load, .automatic, .http2)
    }

    func get() async throws {
        let response = try await client.execute(HTTPClientRequest(url: url), timeout: .seconds(10))
        _ = try await response.body.collect(upTo: 1 << 20)
        guard response.status == .ok else { throw UnexpectedStatus(code: response.status.code) }
        guard response.version == version else { throw UnexpectedVersion(version: response.version) }
    }

    func shutdown() async throws {
        try await client.shutdown()
    }

    private init(_ url: String, _ configuration: HTTPClient.Configuration, _ version: HTTPVersion) {
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        self.url = url
        self.version = version
    }

    private static func overTLS(
        _ load: Load,
        _ accepted: HTTPClient.Configuration.HTTPVersion,
        _ version: HTTPVersion
    ) throws -> BareAsyncHTTPClient {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(load.credentials.authority))
        let parts = load.addresses[0].split(separator: ":")
        var configuration = configuration(load)
        configuration.tlsConfiguration = tls
        configuration.httpVersion = accepted
        configuration.dnsOverride = [Credentials.serverName: String(parts[0])]
        return BareAsyncHTTPClient("https://\(Credentials.serverName):\(parts[1])\(load.path)", configuration, version)
    }

    private static func configuration(_ load: Load) -> HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration()
        // Beyond this limit, 8 by default, AsyncHTTPClient queues.
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = max(8, load.inFlight)
        return configuration
    }
}

/// The backend answered in another version of HTTP than the one to be measured.
struct UnexpectedVersion: Error {
    let version: HTTPVersion
}
#endif
