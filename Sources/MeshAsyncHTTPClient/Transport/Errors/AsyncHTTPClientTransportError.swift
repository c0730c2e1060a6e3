#if AsyncHTTPClient
public import MeshCore

/// Why a request that was sent with AsyncHTTPClient failed: at which endpoint, how far it got, and what to make of it.
public struct AsyncHTTPClientTransportError: ClassifiedError {
    /// What happened.
    public enum Kind: String, Hashable, Sendable {
        /// The request cannot be sent as it is, to no endpoint.
        case invalidRequest
        /// No connection could be made: refused, unreachable, too slow, or the handshake failed.
        case connectionFailed
        /// This machine cannot make more connections: it is out of file descriptors, ports or memory.
        case resourcesExhausted
        /// The connection broke before a response began.
        case connectionBroken
        /// The response broke off after its head.
        case responseBroken
        /// What came back is not HTTP.
        case invalidResponse
        /// Nothing was heard for as long as the configuration of the client allows.
        case timedOut
        /// The body of the request failed at its source.
        case requestBodyFailed
    }

    /// How far a request got.
    enum Stage: Hashable, Sendable {
        /// It has not left this process.
        case connection
        /// At least its head was sent.
        case request
        /// The head of the response is in.
        case response
    }

    /// What a connection had done before it broke.
    enum Connection: Hashable, Sendable {
        /// Nothing: it never brought a response.
        case new
        /// It had served other requests.
        case reused
    }

    /// What happened.
    public let kind: Kind
    /// Who was asked.
    public let address: Address
    /// What it says about the endpoint, and whether the request may be sent again.
    public let outcome: Outcome
    /// The error of AsyncHTTPClient or of what lies below.
    public let underlying: any Error

    init(_ kind: Kind, _ outcome: Outcome, _ underlying: any Error, from address: Address) {
        self.kind = kind
        self.outcome = outcome
        self.underlying = underlying
        self.address = address
    }

    /// A request that this transport cannot send.
    static func refused(_ reason: any Error, from address: Address) -> Self {
        Self(.invalidRequest, .inconclusive, reason, from: address)
    }
}

extension AsyncHTTPClientTransportError {
    /// A request that cannot be sent is the caller's mistake, and is called by its name.
    public var callCode: MeshError.Code { kind == .invalidRequest ? .invalidRequest : .attemptsFailed }
}

extension AsyncHTTPClientTransportError: CustomStringConvertible {
    /// A sentence for a person: who, what, and the error below.
    public var description: String {
        let what =
            switch kind {
            case .invalidRequest: "the request cannot be sent"
            case .connectionFailed: "no connection"
            case .resourcesExhausted: "this machine cannot open more connections"
            case .connectionBroken: "the connection broke before a response"
            case .responseBroken: "the response broke off"
            case .invalidResponse: "the answer is not HTTP"
            case .timedOut: "timed out"
            case .requestBodyFailed: "the body of the request failed"
            }
        return "\(address): \(what) (\(underlying))"
    }
}

/// Something that a request asks for and this transport cannot do.
public struct UnsupportedRequestError: Error, Hashable, CustomStringConvertible {
    /// A sentence for a person.
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}
#endif
