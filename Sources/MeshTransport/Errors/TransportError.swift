#if Transport
public import MeshCore

/// Why a request failed at an endpoint: how far it got, and what to make of it.
public struct TransportError: ClassifiedError {
    /// What happened.
    public enum Kind: String, Hashable, Sendable {
        /// The request cannot be sent as it is, to no endpoint.
        case invalidRequest
        /// No connection could be made: refused, unreachable or too slow.
        case connectionFailed
        /// The endpoint did not prove to be who it has to be, or the handshake failed otherwise.
        case handshakeFailed
        /// This machine cannot make more connections: it is out of file descriptors, ports or memory.
        case resourcesExhausted
        /// Every connection to the endpoint is taken, and none came free in time.
        case noConnectionFree
        /// The connection broke before a response began.
        case connectionBroken
        /// The endpoint said that it did not look at the request, or it was not sent: a connection that was closing, or a
        /// refused stream. It was tried three times more, or part of its body was gone.
        case notProcessed
        /// The response broke off after its first byte.
        case responseBroken
        /// What came back is not HTTP.
        case invalidResponse
        /// The body of the request failed at its source, or has another length than it said.
        case requestBodyFailed
    }

    /// What happened.
    public let kind: Kind
    /// Who was asked.
    public let address: Address
    /// What it says about the endpoint, and whether the request may be sent again.
    public let outcome: Outcome
    /// What lies below, and says more.
    public let underlying: (any Error)?

    init(_ kind: Kind, from address: Address, _ outcome: Outcome, _ underlying: (any Error)?) {
        self.kind = kind
        self.address = address
        self.outcome = outcome
        self.underlying = underlying
    }
}

extension TransportError {
    /// A request that cannot be sent is the caller's mistake, and is called by its name.
    public var callCode: MeshError.Code { kind == .invalidRequest ? .invalidRequest : .attemptsFailed }
}

extension TransportError: CustomStringConvertible {
    /// A sentence for a person: who, what, and the error below.
    public var description: String {
        let what =
            switch kind {
            case .invalidRequest: "the request cannot be sent"
            case .connectionFailed: "no connection"
            case .handshakeFailed: "the handshake failed"
            case .resourcesExhausted: "this machine cannot open more connections"
            case .noConnectionFree: "no connection came free"
            case .connectionBroken: "the connection broke before a response"
            case .notProcessed: "the endpoint did not process the request"
            case .responseBroken: "the response broke off"
            case .invalidResponse: "the answer is not HTTP"
            case .requestBodyFailed: "the body of the request failed"
            }
        return "\(address): \(what)" + (underlying.map { " (\($0))" } ?? "")
    }
}
#endif
