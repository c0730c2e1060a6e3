public import MeshCore

/// A name server: an address and a port.
public struct DNSServer: Hashable, Sendable, CustomStringConvertible {
    /// The address.
    public var address: IPAddress
    /// The port; 53 unless said otherwise.
    public var port: UInt16

    /// Creates a name server.
    public init(_ address: IPAddress, port: UInt16 = 53) {
        self.address = address
        self.port = port
    }

    /// Reads `10.0.0.53`, `10.0.0.53:5353`, `fd00::53` or `[fd00::53]:5353`; `nil` for anything else, host names included.
    public init?(_ text: some StringProtocol) {
        if let address = IPAddress(text) {
            self.init(address)
        } else if text.hasPrefix("["), text.hasSuffix("]"), let address = IPAddress(text.dropFirst().dropLast()) {
            guard case .v6 = address else { return nil }
            self.init(address)
        } else if case .ip(let address, let port) = try? Address(String(text)) {
            self.init(address, port: port)
        } else {
            return nil
        }
    }

    /// Address and port: `10.0.0.53:53`, `[fd00::53]:53`.
    public var description: String { "\(Address.ip(address, port: port))" }
}
