#if TLS
/// Decides whether what a look found counts.
///
/// While there is nothing good to protect, everything does at once: whoever waits for a first identity should not wait
/// longer. After that, something new counts when two looks in a row have found it.
struct Settling<Finding: Equatable & Sendable>: Sendable {
    private var counted: Finding?
    private var seen: Finding?

    enum Verdict: Hashable, Sendable {
        case unchanged
        case settling
        case counts
    }

    mutating func saw(_ finding: Finding, isProtecting: Bool) -> Verdict {
        defer { seen = finding }
        if finding == counted { return .unchanged }
        guard !isProtecting || finding == seen else { return .settling }
        counted = finding
        return .counts
    }
}
#endif
