#if TLS
import MeshCore
import SwiftASN1
import X509

/// Whom a peer has to prove to be, parsed.
enum PeerExpectation: Hashable, Sendable, CustomStringConvertible {
    case spiffeID(SPIFFEID)
    case pattern(SPIFFEIDPattern)
    case trustDomain(TrustDomain)
    /// Any SPIFFE ID of a trust domain that there is a bundle for.
    case anyTrusted
    case hostName(String)
    case address(IPAddress)

    init(_ expected: ExpectedIdentity) throws(TLSError) {
        do {
            switch expected {
            case .spiffeID(let text): self = .spiffeID(try SPIFFEID(text))
            case .spiffePattern(let text): self = .pattern(try SPIFFEIDPattern(text))
            case .trustDomain(let text): self = .trustDomain(try TrustDomain(text))
            case .dnsName(let text): self = .init(host: text)
            }
        } catch {
            throw TLSError(.invalidExpectation, "the expected identity of the endpoint cannot be read: \(error)")
        }
    }

    /// A host name, or an IP address without brackets.
    init(host: String) {
        if let address = IPAddress(host) {
            self = .address(address)
        } else {
            self = .hostName(HostName.normal(host))
        }
    }

    func admits(_ id: SPIFFEID) -> Bool {
        switch self {
        case .spiffeID(let expected): id == expected
        case .pattern(let pattern): pattern.matches(id)
        case .trustDomain(let domain): id.trustDomain == domain
        case .anyTrusted: true
        case .hostName, .address: false
        }
    }

    var description: String {
        switch self {
        case .spiffeID(let id): "\(id)"
        case .pattern(let pattern): "\(pattern)"
        case .trustDomain(let domain): "any workload of \(domain)"
        case .anyTrusted: "any workload of a trusted domain"
        case .hostName(let name): name
        case .address(let address): "\(address)"
        }
    }
}

/// Host names in certificates, after RFC 9525: a wildcard is the whole first label and stands for one label; the common
/// name of the subject counts for nothing.
enum HostName {
    /// Lower case, without the dot of the root.
    static func normal(_ name: String) -> String {
        let lowered = name.lowercased()
        return lowered.hasSuffix(".") ? String(lowered.dropLast()) : lowered
    }

    static func matches(_ pattern: String, _ name: String) -> Bool {
        let pattern = normal(pattern)
        guard !name.isEmpty, !pattern.isEmpty else { return false }
        guard pattern.hasPrefix("*.") else { return !pattern.contains("*") && pattern == name }
        let parent = pattern.dropFirst(2)
        // Not "*.com": no authority vouches for a whole top-level domain.
        guard parent.contains("."), !parent.contains("*"), let dot = name.firstIndex(of: ".") else { return false }
        return dot != name.startIndex && name[name.index(after: dot)...] == parent
    }
}

extension IPAddress {
    func matches(_ octets: ASN1OctetString) -> Bool {
        func bytes(of value: some FixedWidthInteger) -> [UInt8] { withUnsafeBytes(of: value.bigEndian) { Array($0) } }
        return switch self {
        case .v4(let value): bytes(of: value).elementsEqual(octets.bytes)
        case .v6(let upper, let lower, _): (bytes(of: upper) + bytes(of: lower)).elementsEqual(octets.bytes)
        }
    }
}
#endif
