#if TLS
import Foundation
import SwiftASN1
import X509

/// What a renewal makes of the trust bundle that lies beside the certificate. While roots are rotated it holds several, and
/// whoever put them there is not to find them gone.
enum BundleChange {
    /// There was none.
    case created
    /// The root of the authority is in it.
    case kept
    /// With the root of the authority behind the others: the whole text.
    case extended(String)

    init(at path: String, adding authority: DevelopmentAuthority) throws {
        guard FileManager.default.fileExists(atPath: path) else {
            self = .created
            return
        }
        let text: String
        let roots: [Certificate]
        do {
            text = try String(contentsOfFile: path, encoding: .utf8)
            roots = try PEMDocument.parseMultiple(pemString: text)
                .filter { $0.discriminator == Certificate.defaultPEMDiscriminator }
                .map { try Certificate(pemDocument: $0) }
        } catch {
            throw ControlError("\(path) cannot be read as a trust bundle: repair or delete it")
        }
        guard !roots.isEmpty else { throw ControlError("\(path) is no trust bundle: repair or delete it") }
        guard !roots.contains(authority.certificate) else {
            self = .kept
            return
        }
        self = .extended(text + (text.hasSuffix("\n") ? "" : "\n") + (try authority.certificatePEM))
    }

    /// For the output, behind the name of the file.
    var note: String {
        switch self {
        case .created: ""
        case .kept: ", as it was"
        case .extended: ", to which the new root was added"
        }
    }
}
#endif
