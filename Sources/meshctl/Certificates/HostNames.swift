#if TLS
import MeshCore
import SwiftASN1
import X509

/// The names of hosts on the command line.
enum HostNames {
    /// An IP address as one, anything else as a DNS name.
    static func generalName(_ text: String) throws -> GeneralName {
        switch IPAddress(text) {
        case .v4(let value)?: return address(bytes(of: value))
        case .v6(let upper, let lower, zone: nil)?: return address(bytes(of: upper) + bytes(of: lower))
        case .v6?, nil: break
        }
        guard isName(text) else {
            throw ControlError(
                """
                \(text.quoted()) is not a host name: labels of a-z, A-Z, 0-9 and "-" with dots between them, the \
                first of which may be "*" before two others; nor is it an IP address without a zone
                """
            )
        }
        return .dnsName(text)
    }

    /// RFC 1123, 2.1. A last label of digits is a mistyped address.
    private static func isName(_ text: String) -> Bool {
        var labels = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)[...]
        if labels.count > 2, labels[0].elementsEqual("*".utf8) { labels = labels.dropFirst() }
        guard text.utf8.count <= 253, let last = labels.last, !last.allSatisfy(isDigit) else { return false }
        return labels.allSatisfy { label in
            (1...63).contains(label.count) && label.first != UInt8(ascii: "-") && label.last != UInt8(ascii: "-")
                && label.allSatisfy { isDigit($0) || isLetter($0) || $0 == UInt8(ascii: "-") }
        }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }

    private static func address(_ bytes: [UInt8]) -> GeneralName {
        .ipAddress(ASN1OctetString(contentBytes: bytes[...]))
    }

    private static func bytes(of value: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: value.bigEndian) { Array($0) }
    }
}
#endif
