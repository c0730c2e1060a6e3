#if AsyncHTTPClient
import MeshCore

/// What a client is made for: an address and, with TLS, whom the endpoint must prove to be.
struct ClientKey: Hashable {
    let address: Address
    /// The server name; `nil` without TLS. The name on the certificate, too, if nobody else is expected.
    let tlsName: String?
    /// Who the endpoint must prove to be; only with credentials of the mesh's.
    let expected: ExpectedIdentity?

    init(address: Address, tlsName: String?, expected: ExpectedIdentity? = nil) {
        self.address = address
        self.tlsName = tlsName
        self.expected = expected
    }

    /// A host name that stands for the address where a URL cannot hold it.
    private static let placeholder = "endpoint.mesh.invalid"

    /// The URL of the endpoint without a path.
    var origin: String {
        switch address {
        case .unix(let path):
            return "http\(tlsName == nil ? "" : "s")+unix://\(Self.percentEncoded(path))"
        case .ip(_, let port), .host(_, let port):
            if let tlsName { return "https://\(Self.bracketed(tlsName)):\(port)" }
            let host = address.host ?? Self.placeholder
            return "http://\(host.utf8.contains(UInt8(ascii: "%")) ? Self.placeholder : Self.bracketed(host)):\(port)"
        }
    }

    /// Where AsyncHTTPClient connects to instead of the host of the URL.
    ///
    /// With TLS that is what keeps the logical name: AsyncHTTPClient takes server name and certificate name from the
    /// URL. It is fixed for a client, hence a client for each endpoint. A zone (`fe80::1%eth0`) has no place in a URL.
    var dnsOverride: [String: String] {
        guard let host = address.host else { return [:] }
        if let tlsName { return [Self.bracketed(tlsName): host] }
        return host.utf8.contains(UInt8(ascii: "%")) ? [Self.placeholder: host] : [:]
    }

    private static func bracketed(_ host: String) -> String {
        host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host
    }

    private static func percentEncoded(_ path: String) -> String {
        path.utf8.reduce(into: "") { text, byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
                text.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                text += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
    }
}
#endif
