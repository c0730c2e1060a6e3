#if Transport
import MeshCore
import MeshTLS
import NIOCore
import NIOPosix

#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Android)
import Android
#endif

/// What each failure says about the endpoint, and about another try.
///
/// | failure | endpoint | another try |
/// |---|---|---|
/// | invalid request, body failed at its source | nothing | never |
/// | out of descriptors, ports or memory; no connection free | nothing | never sent |
/// | not connected, handshake failed | failure | never sent |
/// | connection broke before a response; it had served others | nothing: a server may close an idle connection | if idempotent |
/// | connection broke before a response; it was new, or heard of meanwhile | failure | if idempotent |
/// | connection broke with an alert of TLS before any HTTP came in on it | failure | never sent |
/// | refused stream, or behind the last one of GOAWAY | nothing | never sent |
/// | response broke off, or is no HTTP | failure | if idempotent |
extension TransportError {
    static func invalidRequest(_ reason: any Error, at address: Address) -> Self {
        Self(.invalidRequest, from: address, .inconclusive, reason)
    }

    static func notConnected(_ error: any Error, to address: Address) -> Self {
        if isLocalShortage(error) {
            return Self(.resourcesExhausted, from: address, Outcome(.inconclusive, retry: .neverSent), error)
        }
        return Self(.connectionFailed, from: address, Outcome(.failure, retry: .neverSent), error)
    }

    static func handshakeFailed(_ error: any Error, with address: Address) -> Self {
        let outcome = (error as? any ClassifiedError)?.outcome ?? Outcome(.failure, retry: .neverSent)
        return Self(.handshakeFailed, from: address, outcome, error)
    }

    static func noConnectionFree(_ reason: any Error, at address: Address) -> Self {
        Self(.noConnectionFree, from: address, Outcome(.inconclusive, retry: .neverSent), reason)
    }

    /// - Parameter connection: What the connection had done before.
    static func broken(_ connection: ConnectionHistory, _ error: (any Error)?, at address: Address) -> Self {
        // With TLS 1.3 a server refuses the client's certificate when the client believes the handshake over. Once it has
        // spoken HTTP it has accepted that, and may have seen the request.
        if connection == .new, let error = error as? TLSError { return handshakeFailed(error, with: address) }
        let verdict: Outcome.Verdict = connection == .reused ? .inconclusive : .failure
        return Self(.connectionBroken, from: address, Outcome(verdict, retry: .ifIdempotent), error)
    }

    static func notProcessed(_ error: any Error, at address: Address) -> Self {
        Self(.notProcessed, from: address, Outcome(.inconclusive, retry: .neverSent), error)
    }

    static func responseBroken(_ error: (any Error)?, at address: Address) -> Self {
        Self(.responseBroken, from: address, .failure, error)
    }

    static func invalidResponse(_ reason: MalformedResponse, at address: Address) -> Self {
        Self(.invalidResponse, from: address, .failure, reason)
    }

    static func requestBodyFailed(_ error: any Error, at address: Address) -> Self {
        Self(.requestBodyFailed, from: address, .inconclusive, error)
    }

    private static func isLocalShortage(_ error: any Error) -> Bool {
        if let error = error as? NIOConnectionError {
            // A host name with several addresses: one that was reached, and refused, is the endpoint's.
            return !error.connectionErrors.isEmpty && error.connectionErrors.allSatisfy { isLocalShortage($0.error) }
        }
        guard let code = (error as? IOError)?.errnoCode else { return false }
        return [EMFILE, ENFILE, ENOBUFS, ENOMEM, EADDRNOTAVAIL].contains(code)
    }
}

/// What a connection had done before it broke.
enum ConnectionHistory {
    /// Nothing: no HTTP came in on it.
    case new
    /// It had served others, and was quiet since the request was sent.
    case reused
    /// It was heard of since the request was sent, or had been heard of before without having served.
    case heard
}
#endif
