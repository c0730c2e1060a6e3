public import MeshCore

/// The time that is left for a call, as a header for the next hop.
///
/// `x-envoy-expected-rq-timeout-ms` is what Envoy sends and its upstreams read: whole milliseconds, in decimal. A
/// duration, because two machines do not share a clock.
public enum RemainingTime {
    /// The name of the header.
    public static let headerName = "x-envoy-expected-rq-timeout-ms"

    /// The header value for the time left until `deadline`: milliseconds, rounded down, at least 1.
    ///
    /// Rounded down, so that the next hop gives up before its caller. At least 1, because to Envoy a timeout of 0 is
    /// none at all; a call whose deadline has expired should not be sent in the first place.
    ///
    /// - Returns: `nil` if there is no deadline.
    public static func text(until deadline: Deadline, at now: MeshInstant) -> String? {
        guard let remaining = deadline.remaining(at: now) else { return nil }
        return String(min(9_999_999_999, max(1, remaining.clampedNanoseconds / 1_000_000)))
    }

    /// Reads a header value: one to ten decimal digits, not all of them 0, and nothing else.
    ///
    /// - Throws: ``InvalidRemainingTimeError`` with the text and the reason.
    public static func duration(_ text: String) throws(InvalidRemainingTimeError) -> Duration {
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            throw InvalidRemainingTimeError(text: text, reason: "it is not a number of milliseconds")
        }
        guard text.utf8.count <= 10, let milliseconds = Int64(text) else {
            throw InvalidRemainingTimeError(text: text, reason: "it has more than ten digits")
        }
        guard milliseconds > 0 else { throw InvalidRemainingTimeError(text: text, reason: "it is zero") }
        return .milliseconds(milliseconds)
    }
}

extension HeaderCarrier {
    /// Tells the next hop how much time is left until `deadline`. Does nothing if there is no deadline.
    public mutating func setRemainingTime(until deadline: Deadline, at now: MeshInstant) {
        guard let text = RemainingTime.text(until: deadline, at: now) else { return }
        setHeader(RemainingTime.headerName, to: text)
    }

    /// The deadline that the previous hop set, counted from `now`; none if it set none.
    ///
    /// - Throws: ``InvalidRemainingTimeError`` if the header cannot be read or is there more than once.
    public func receivedDeadline(at now: MeshInstant) throws(InvalidRemainingTimeError) -> Deadline {
        let values = headerValues(RemainingTime.headerName)
        guard let first = values.first else { return .none }
        guard values.count == 1 else {
            throw InvalidRemainingTimeError(
                text: values.joined(separator: ", "),
                reason: "the header is there \(values.count) times"
            )
        }
        return .after(try RemainingTime.duration(first), from: now)
    }
}

/// A remaining-time header that cannot be read.
public struct InvalidRemainingTimeError: Error, Hashable, CustomStringConvertible {
    /// The value that came.
    public let text: String
    /// What is wrong with it.
    public let reason: String

    /// A sentence for a person.
    public var description: String { "\(RemainingTime.headerName) \(text.quoted()) cannot be read: \(reason)" }
}
