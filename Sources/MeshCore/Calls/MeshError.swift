/// Why a call through the mesh failed: which service, which endpoints, how many attempts, what each failed with, and
/// how long it all took.
///
/// A response that says "failed" (a 503) is a response, not an error. A caller that was cancelled gets a
/// `CancellationError`.
public struct MeshError: Error, Sendable {
    /// The kind of failure.
    public enum Code: String, Hashable, Sendable {
        /// Discovery has no endpoint for the service.
        case noEndpoints
        /// There are endpoints, but none may be asked now.
        case unavailable
        /// The deadline was reached.
        case deadlineExceeded
        /// Every attempt that was allowed failed.
        case attemptsFailed
        /// The request cannot be sent as it is.
        case invalidRequest
        /// The mesh has shut down or is about to.
        case shutDown
    }

    /// An attempt that failed.
    public struct FailedAttempt: Sendable, CustomStringConvertible {
        /// Who was asked; `nil` if no endpoint was reached.
        public let address: Address?
        /// What it failed with.
        public let cause: any Error
        /// How long it took.
        public let duration: Duration

        /// Creates the record of a failed attempt.
        public init(address: Address?, cause: any Error, duration: Duration) {
            self.address = address
            self.cause = cause
            self.duration = duration
        }

        /// A phrase for a person: who, what, how long.
        public var description: String {
            let who = address.map { "\($0)" } ?? "no endpoint"
            let what = "\(cause)"
            // A transport's errors name their endpoint themselves.
            return "\(what.hasPrefix(who + ": ") ? what : "\(who): \(what)") after \(MeshError.text(of: duration))"
        }
    }

    /// The kind of failure.
    public let code: Code
    /// The service that was called.
    public let service: ServiceName
    /// The attempts that failed, oldest first. Bounded by the retry policy.
    public let attempts: [FailedAttempt]
    /// From the entry of the call to the failure.
    public let elapsed: Duration
    /// What else a person should know; may be empty.
    public let detail: String

    /// Creates an error.
    public init(
        _ code: Code,
        service: ServiceName,
        attempts: [FailedAttempt] = [],
        elapsed: Duration = .zero,
        detail: String = ""
    ) {
        self.code = code
        self.service = service
        self.attempts = attempts
        self.elapsed = elapsed
        self.detail = detail
    }

    /// What the last attempt failed with.
    public var lastCause: (any Error)? { attempts.last?.cause }

    static func text(of duration: Duration) -> String {
        let nanoseconds = duration.clampedNanoseconds
        func fixed(_ unit: Int64, _ name: String) -> String {
            let tenths = nanoseconds / (unit / 10)
            return tenths % 10 == 0 ? "\(tenths / 10) \(name)" : "\(tenths / 10).\(abs(tenths % 10)) \(name)"
        }
        return switch nanoseconds.magnitude {
        case 1_000_000_000...: fixed(1_000_000_000, "s")
        case 1_000_000...: fixed(1_000_000, "ms")
        case 1_000...: fixed(1_000, "us")
        default: "\(nanoseconds) ns"
        }
    }
}

extension MeshError: CustomStringConvertible {
    /// Everything on one line, for a log at 3 a.m.
    public var description: String {
        let what =
            switch code {
            case .noEndpoints: "no endpoints"
            case .unavailable: "no endpoint is available"
            case .deadlineExceeded: "the deadline was exceeded"
            case .attemptsFailed: attempts.count == 1 ? "the call failed" : "all \(attempts.count) attempts failed"
            case .invalidRequest: "the request cannot be sent"
            case .shutDown: "the mesh has shut down"
            }
        var text = "\(service): \(what)"
        if !detail.isEmpty { text += " (\(detail))" }
        if elapsed > .zero { text += " after \(Self.text(of: elapsed))" }
        for (index, attempt) in attempts.enumerated() {
            text += index == 0 ? ": " : "; "
            text += attempts.count > 1 ? "\(index + 1). \(attempt)" : "\(attempt)"
        }
        return text
    }
}
