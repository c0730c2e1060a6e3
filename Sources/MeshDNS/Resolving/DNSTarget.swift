import MeshCore

/// What a `dns:` or `dns+srv:` target asks for, and whom.
struct DNSTarget: Hashable, Sendable {
    enum Subject: Hashable, Sendable {
        /// The addresses of a name, all with this port.
        case addresses(of: String, port: UInt16)
        /// The services under a name.
        case services(String)
        /// An address that was written down: there is nothing to ask.
        case literal(Address)
    }

    let subject: Subject
    /// The servers of the authority; empty to ask those of the configuration.
    let servers: [DNSServer]

    init(_ target: Target) throws(InvalidTargetError) {
        func invalid(_ reason: String) -> InvalidTargetError {
            InvalidTargetError(text: target.description, reason: reason)
        }
        guard target.query.isEmpty else { throw invalid("a DNS target has no query") }

        var servers: [DNSServer] = []
        if !target.authority.isEmpty {
            for part in target.authority.split(separator: ",", omittingEmptySubsequences: false) {
                guard let server = DNSServer(part) else {
                    throw invalid("\"\(part)\" is not the address of a name server; write 10.0.0.53 or [fd00::53]:5353")
                }
                servers.append(server)
            }
        }
        self.servers = servers

        switch target.scheme {
        case "dns":
            let address: Address
            do throws(InvalidAddressError) {
                address = try Address(target.path)
            } catch {
                throw invalid("\(error.reason); write dns:///NAME:PORT")
            }
            switch address {
            case .host(let name, let port):
                try Self.check(name, invalid)
                subject = .addresses(of: name, port: port)
            case .ip: subject = .literal(address)
            case .unix: throw invalid("a Unix socket is not found by DNS; write static:///\(target.path)")
            }
        case "dns+srv":
            guard !target.path.contains(":") else {
                throw invalid("SRV records say the port themselves; write dns+srv:///_SERVICE._tcp.NAME")
            }
            try Self.check(target.path, invalid)
            subject = .services(target.path)
        default:
            throw invalid("a DNS target begins with dns:// or dns+srv://")
        }
    }

    private static func check(
        _ name: String,
        _ invalid: (String) -> InvalidTargetError
    ) throws(InvalidTargetError) {
        do throws(DNSError) {
            _ = try DNSName(name)
        } catch {
            throw invalid("\(error)")
        }
    }
}
