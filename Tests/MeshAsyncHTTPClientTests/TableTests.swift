#if AsyncHTTPClient
import AsyncHTTPClient
import MeshCore
import NIOCore
import NIOHTTP1
import NIOSSL
import Testing

@testable import MeshAsyncHTTPClient
@testable import MeshTLS

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

@Suite struct TableTests {
    typealias Row = (error: any Error, before: Outcome, after: Outcome, afterOnNew: Outcome, inBody: Outcome)

    @Test("every error is judged by how far the request got")
    func errors() {
        let never = Outcome.inconclusive
        let race = Outcome(.inconclusive, retry: .ifIdempotent)
        let unsent = Outcome(.failure, retry: .neverSent)
        let unsentRace = Outcome(.inconclusive, retry: .neverSent)
        let rows: [Row] = [
            (ChannelError.ioOnClosedChannel, unsentRace, race, .failure, .failure),
            (HTTPClientError.remoteConnectionClosed, unsentRace, race, .failure, .failure),
            (IOError(errnoCode: ECONNRESET, reason: ""), unsentRace, race, .failure, .failure),
            (IOError(errnoCode: EPIPE, reason: ""), unsentRace, race, .failure, .failure),
            (NIOSSLError.uncleanShutdown, unsentRace, race, .failure, .failure),
            (IOError(errnoCode: ECONNREFUSED, reason: ""), unsent, .failure, .failure, .failure),
            (IOError(errnoCode: EHOSTUNREACH, reason: ""), unsent, .failure, .failure, .failure),
            (IOError(errnoCode: EMFILE, reason: ""), unsentRace, .failure, .failure, .failure),
            (IOError(errnoCode: EADDRNOTAVAIL, reason: ""), unsentRace, .failure, .failure, .failure),
            (ChannelError.connectTimeout(.seconds(1)), unsent, .failure, .failure, .failure),
            (HTTPClientError.connectTimeout, unsent, .failure, .failure, .failure),
            (HTTPClientError.getConnectionFromPoolTimeout, unsent, .failure, .failure, .failure),
            (HTTPClientError.readTimeout, unsent, .failure, .failure, .failure),
            (HTTPParserError.invalidConstant, unsent, .failure, .failure, .failure),
            (TLSError(.refusedByPeer, ""), unsent, race, unsent, .failure),
            (HTTPClientError.bodyLengthMismatch, never, never, never, never),
            (HTTPClientError.invalidHeaderFieldNames(["x y"]), never, never, never, never),
            (HTTPClientError.invalidHeaderFieldValues(["\r"]), never, never, never, never),
            (RequestBodyError(underlying: CancellationError()), never, never, never, never),
        ]
        for row in rows {
            func outcome(
                _ stage: AsyncHTTPClientTransportError.Stage,
                _ connection: AsyncHTTPClientTransportError.Connection
            ) -> Outcome {
                AsyncHTTPClientTransportError(row.error, from: .host("a", port: 1), at: stage) { connection }.outcome
            }
            #expect(outcome(.connection, .new) == row.before, "\(row.error) before")
            #expect(outcome(.request, .reused) == row.after, "\(row.error) after")
            #expect(outcome(.request, .new) == row.afterOnNew, "\(row.error) after, on a new connection")
            #expect(outcome(.response, .new) == row.inBody, "\(row.error) in the body")
        }
    }

    @Test("an error says who, what and why")
    func description() throws {
        let address = try Address("10.0.0.1:80")
        let error = AsyncHTTPClientTransportError(HTTPClientError.connectTimeout, from: address, at: .connection) {
            .new
        }
        #expect("\(error)" == "10.0.0.1:80: no connection (HTTPClientError.connectTimeout)")
    }

    @Test(
        "reads URLs",
        arguments: [
            ("http://users", "http", "users", nil, "/"),
            ("HTTPS://Users.Prod:8443/a?b#c", "https", "users.prod", 8443, "/a?b"),
            ("http://u:p@h@users:/x", "http", "users", nil, "/x"),
            ("http://[2001:db8::1]:8080?x", "http", "2001:db8::1", 8080, "/?x"),
        ] as [(String, String, String, Int?, String)]
    )
    func urls(text: String, scheme: String, host: String, port: Int?, target: String) throws {
        let url = try RequestURL(text)
        #expect(url.scheme.rawValue == scheme)
        #expect(url.host == host)
        #expect(url.port == port)
        #expect(url.target == target)
    }

    @Test(
        "refuses other URLs",
        arguments: [
            "", "users", "/x", "http:/users", "ftp://users", "http://", "http:///x", "http://:80", "http://a:b",
            "http://a:99999", "http://[::1", "http://[::1]x",
        ]
    )
    func notURLs(text: String) {
        #expect(throws: InvalidURLError.self) { try RequestURL(text) }
    }

    @Test(
        "an endpoint becomes an origin",
        arguments: [
            ("10.0.0.1:80", nil, "http://10.0.0.1:80", [:]),
            ("[2001:db8::1]:80", nil, "http://[2001:db8::1]:80", [:]),
            ("[fe80::1%eth0]:80", nil, "http://endpoint.mesh.invalid:80", ["endpoint.mesh.invalid": "fe80::1%eth0"]),
            ("node-1:80", nil, "http://node-1:80", [:]),
            ("unix:/run/a b.sock", nil, "http+unix://%2Frun%2Fa%20b.sock", [:]),
            ("10.0.0.1:443", "users", "https://users:443", ["users": "10.0.0.1"]),
            ("node-1:443", "users", "https://users:443", ["users": "node-1"]),
            ("10.0.0.1:443", "::1", "https://[::1]:443", ["[::1]": "10.0.0.1"]),
        ] as [(String, String?, String, [String: String])]
    )
    func origins(address: String, tlsName: String?, origin: String, override: [String: String]) throws {
        let key = ClientKey(address: try Address(address), tlsName: tlsName)
        #expect(key.origin == origin)
        #expect(key.dnsOverride == override)
    }
}
#endif
