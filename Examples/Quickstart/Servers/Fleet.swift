#if AsyncHTTPClient
import Foundation
import NIOCore

/// The servers of the greeter service, on loopback ports that were free.
struct Fleet: Sendable {
    let servers: [GreeterServer]

    var addresses: [String] { servers.map(\.address) }

    /// Starts `size` servers on the first free ports from 18081 on.
    ///
    /// Ports below the ephemeral range, so that no outgoing connection can take the port of a killed server.
    init(size: Int) async throws {
        var servers: [GreeterServer] = []
        for port in 18_081...19_080 where servers.count < size {
            let server = GreeterServer(port: port)
            do {
                try await server.start()
                servers.append(server)
            } catch let error as IOError where error.errnoCode == EADDRINUSE {
                continue
            }
        }
        guard servers.count == size else { throw NoFreePorts() }
        self.servers = servers
    }

    func stop() async {
        for server in servers { await server.kill() }
    }
}

/// A thousand ports, and not enough of them free.
struct NoFreePorts: Error, CustomStringConvertible {
    var description: String { "fewer than five ports are free between 18081 and 19080 on 127.0.0.1" }
}
#endif
