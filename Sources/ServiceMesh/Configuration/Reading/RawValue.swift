/// A value as a provider has it, before anyone knows what it means.
enum RawValue: Hashable, Sendable {
    /// A text, or a number or truth value as text.
    case scalar(String)
    case list([String])

    /// The value in an error.
    var text: String {
        switch self {
        case .scalar(let text): text
        case .list(let elements): elements.joined(separator: ",")
        }
    }
}

/// Why a value is not accepted.
struct Rejection: Error, Hashable {
    var reason: String

    init(_ reason: String) {
        self.reason = reason
    }
}
