#if AsyncHTTPClient && Transport
import ArgumentParser
import Foundation

/// The servers of a run. They work in turns, never at the same time.
struct Backends: Sendable, CustomStringConvertible {
    /// Who serves HTTP/2.
    enum HTTP2Server: String, ExpressibleByArgument, CaseIterable, Sendable {
        case nginx, nghttpd
    }

    let credentials: Credentials
    private let all: [any Backend]

    /// nginx where it is installed, else a plain NIO server, which speaks neither TLS nor HTTP/2.
    static func start(http2: HTTP2Server, _ cleanUp: CleanUp) throws -> Backends {
        let credentials = try Credentials.issued()
        cleanUp.add { credentials.remove() }
        var all: [any Backend] = []
        func add(_ backend: any Backend) {
            cleanUp.add { backend.stop() }
            all.append(backend)
        }
        if http2 == .nghttpd {
            guard let nghttpd = Command.find("nghttpd") else { throw MissingPeer(install: Install.nghttpd) }
            add(try NghttpdBackend(program: nghttpd, credentials: credentials))
        }
        if let nginx = Command.find("nginx") {
            add(try NginxBackend(program: nginx, credentials: credentials))
        } else {
            Progress.say("nginx is not installed: using a SwiftNIO server, whose figures do not compare with nginx's.")
            add(try NIOBackend())
        }
        return Backends(credentials: credentials, all: all)
    }

    /// Each `HOST:PORT`.
    func addresses(for kind: BackendKind) throws(MissingPeer) -> [String] {
        let addresses = all.lazy.map { $0.addresses(for: kind) }.first { !$0.isEmpty }
        guard let addresses else { throw MissingPeer(install: Install.nginx) }
        return addresses
    }

    var description: String { all.map(\.description).joined(separator: "; ") }
}
#endif
