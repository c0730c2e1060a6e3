#if AsyncHTTPClient
/// The servers of the greeter service, on loopback ports that were free.
struct Fleet: Sendable {
    let servers: [ServerProcess]

    var addresses: [String] { servers.map(\.address) }

    /// Starts `size` servers on the first free ports from 18081 on.
    ///
    /// Ports below the ephemeral range, so that no outgoing connection can take the port of a killed server.
    init(size: Int) async throws {
        var servers: [ServerProcess] = []
        for port in 18_081...19_080 where servers.count < size {
            let server = ServerProcess(port: port)
            if try await server.start() { servers.append(server) }
        }
        guard servers.count == size else { throw PortTaken(address: "every port from 18081 to 19080 on 127.0.0.1") }
        self.servers = servers
    }

    func stop() {
        for server in servers { server.kill() }
    }
}
#endif
