#if DNS
import MeshCore
import NIOCore

extension SocketAddress {
    /// The address of a name server, with the interface that a link-local one names (`fe80::1%eth0`).
    init(_ server: DNSServer) throws(DNSError) {
        do {
            if case .v6(_, _, .some) = server.address {
                // NIO's own parser knows no zones; getaddrinfo does, and does not ask anybody about a numeric address.
                self = try SocketAddress.makeAddressResolvingHost("\(server.address)", port: Int(server.port))
            } else {
                self = try SocketAddress(ipAddress: "\(server.address)", port: Int(server.port))
            }
        } catch {
            throw .unreachable("\(error)")
        }
    }
}
#endif
