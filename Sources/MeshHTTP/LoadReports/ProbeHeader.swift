public import MeshCore

/// The answer to a Prequal probe in the header of a response: `prequal-probe: rif=3, latency=1200`.
///
/// A dictionary of structured fields (RFC 9651): the requests in flight, and the latency in microseconds, which is missing
/// where it is not known. Both a response to a probe and any other response may carry it. There is no standard for it:
/// the paper's systems use their own RPC.
public enum ProbeHeader {
    /// The name of the header.
    public static let name = "prequal-probe"

    /// Where probes go unless said otherwise. The status and the body of the response do not matter.
    public static let defaultPath = "/prequal-probe"

    /// The value of the header.
    public static func text(for response: ProbeResponse) -> String {
        let requestsInFlight = "rif=\(min(response.requestsInFlight, largest))"
        guard let latency = response.latency else { return requestsInFlight }
        let microseconds = (latency.clampedNanoseconds / 500 + 1) / 2
        return "\(requestsInFlight), latency=\(min(Int(microseconds), largest))"
    }

    /// Reads the value of a header.
    ///
    /// As RFC 9651 has it, of a key that is there twice the last one counts. Other keys and all parameters are passed over,
    /// so that they can be added later; but no value may be quoted.
    ///
    /// - Throws: ``InvalidProbeResponseError`` with the text and the reason.
    public static func response(_ text: String) throws(InvalidProbeResponseError) -> ProbeResponse {
        func invalid(_ reason: String) -> InvalidProbeResponseError {
            InvalidProbeResponseError(text: text, reason: reason)
        }
        guard text.utf8.count <= 256 else { throw invalid("it is longer than 256 bytes") }
        guard text.utf8.allSatisfy({ (0x20...0x7E).contains($0) || $0 == 0x09 }) else {
            throw invalid("it is not visible ASCII")
        }
        guard !text.utf8.contains(0x22) else { throw invalid("a value is quoted") }
        var requestsInFlight: Int?
        var latency: Int?
        for member in text.split(separator: ",", omittingEmptySubsequences: false) {
            let item = member.prefix { $0 != ";" }.filter { $0 != " " && $0 != "\t" }
            let key = item.prefix { $0 != "=" }
            guard isKey(key) else { throw invalid("a key is missing or malformed") }
            let value = item.dropFirst(key.count + 1)
            switch key {
            case "rif":
                guard let number = integer(value) else { throw invalid("rif is not a whole number") }
                requestsInFlight = number
            case "latency":
                guard let number = integer(value) else { throw invalid("latency is not a whole number") }
                latency = number
            default:
                break
            }
        }
        guard let requestsInFlight else { throw invalid("rif is missing") }
        return ProbeResponse(
            requestsInFlight: requestsInFlight,
            latency: latency.map { .microseconds(Int64($0)) }
        )
    }

    /// The largest integer of structured fields: fifteen digits.
    private static let largest = 999_999_999_999_999

    private static func isKey(_ text: some StringProtocol) -> Bool {
        guard let first = text.utf8.first, (0x61...0x7A).contains(first) || first == 0x2A else { return false }
        return text.utf8.allSatisfy { byte in
            switch byte {
            case 0x61...0x7A, 0x30...0x39, 0x2A, 0x2D, 0x2E, 0x5F: true
            default: false
            }
        }
    }

    private static func integer(_ text: some StringProtocol) -> Int? {
        guard text.utf8.count <= 15, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int(text)
    }
}

/// A probe header that cannot be read.
public struct InvalidProbeResponseError: Error, Hashable, CustomStringConvertible {
    /// The value that came.
    public let text: String
    /// What is wrong with it.
    public let reason: String

    /// A sentence for a person. The value is cut and escaped.
    public var description: String {
        "\(ProbeHeader.name) \(text.quoted(upTo: 64)) cannot be read: \(reason)"
    }
}
