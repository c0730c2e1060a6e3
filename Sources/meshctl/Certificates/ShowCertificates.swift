#if TLS
import ArgumentParser
import Foundation
import SwiftASN1
import X509

struct ShowCertificates: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show the certificates in a PEM file."
    )

    @Argument(help: "The file.")
    var file: String

    func run() throws {
        let text: String
        do {
            text = try String(contentsOfFile: file, encoding: .utf8)
        } catch {
            throw ControlError("\(file) cannot be read: \(error.localizedDescription)")
        }
        let certificates = try PEMDocument.parseMultiple(pemString: text)
            .filter { $0.discriminator == Certificate.defaultPEMDiscriminator }
            .map { try Certificate(pemDocument: $0) }
        guard !certificates.isEmpty else { throw ControlError("there is no certificate in \(file)") }
        print(certificates.map(Self.description).joined(separator: "\n\n"))
    }

    static func description(of certificate: Certificate) -> String {
        var lines = [
            "subject:    \(certificate.subject)",
            "issuer:     \(certificate.issuer)",
            "serial:     \(certificate.serialNumber)",
            "valid:      \(certificate.notValidBefore) to \(certificate.notValidAfter)\(warning(certificate))",
            "key:        \(certificate.publicKey)",
        ]
        func add(_ title: String, _ value: String?) {
            if let value { lines.append(title + value) }
        }
        let names = (try? certificate.extensions.subjectAlternativeNames).map { names in
            names.map { name in
                switch name {
                case .uniformResourceIdentifier(let uri): uri
                case .dnsName(let name): "DNS \(name)"
                default: "\(name)"
                }
            }.joined(separator: ", ")
        }
        add("names:      ", names)
        if case .isCertificateAuthority = try? certificate.extensions.basicConstraints {
            add("authority:  ", "yes")
        } else {
            add("authority:  ", "no")
        }
        add("key usage:  ", (try? certificate.extensions.keyUsage).map { "\($0)" })
        add("for:        ", (try? certificate.extensions.extendedKeyUsage).map { "\($0)" })
        return lines.joined(separator: "\n")
    }

    private static func warning(_ certificate: Certificate) -> String {
        let now = Date()
        if now > certificate.notValidAfter { return "  (EXPIRED)" }
        return now < certificate.notValidBefore ? "  (NOT YET VALID)" : ""
    }
}
#endif
