#if AsyncHTTPClient
import AsyncHTTPClient
import MeshCore
import MeshTLS
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Android)
import Android
#endif

extension AsyncHTTPClientTransportError {
    /// Judges an error by what it is and how far the request got.
    ///
    /// | error | before the request was sent | after | after the head of the response |
    /// |---|---|---|---|
    /// | request invalid | inconclusive, never | same | - |
    /// | request body failed at its source | - | inconclusive, never | inconclusive, never |
    /// | out of descriptors, ports, memory | inconclusive, never sent | - | - |
    /// | peer refused, or our certificate by the peer | what the error says, never sent | same, on a new connection; served before: inconclusive, if idempotent | - |
    /// | connection closed, keep-alive race | inconclusive, never sent | served before: inconclusive, if idempotent; new: failure, if idempotent | failure, if idempotent |
    /// | everything else | failure, never sent | failure, if idempotent | failure, if idempotent |
    ///
    /// - Parameter connection: Asked only about a connection that broke between request and response.
    init(_ error: any Error, from address: Address, at stage: Stage, connection: () -> Connection) {
        // With TLS 1.3 a server refuses our certificate when we believe the handshake over. The request was not seen, but
        // the connection was counted as one that broke. An alert on a connection that has served is no such refusal.
        let isLateAlert =
            stage == .request && error is any ClassifiedError && connection() == .reused && error is TLSError
        let (kind, outcome): (Kind, Outcome) =
            if Self.isInvalidRequest(error) {
                (.invalidRequest, .inconclusive)
            } else if error is RequestBodyError {
                (.requestBodyFailed, .inconclusive)
            } else if isLateAlert {
                (.connectionBroken, Outcome(.inconclusive, retry: .ifIdempotent))
            } else if stage != .response, let judged = error as? any ClassifiedError {
                (.connectionFailed, judged.outcome)
            } else {
                switch stage {
                case .connection where Self.isLocalShortage(error):
                    (.resourcesExhausted, Outcome(.inconclusive, retry: .neverSent))
                case .connection where Self.isClosedConnection(error):
                    // The pool handed out a connection that had closed a moment ago.
                    (.connectionBroken, Outcome(.inconclusive, retry: .neverSent))
                case .connection:
                    (.connectionFailed, Outcome(.failure, retry: .neverSent))
                case .request where Self.isClosedConnection(error):
                    (
                        .connectionBroken,
                        Outcome(connection() == .new ? .failure : .inconclusive, retry: .ifIdempotent)
                    )
                case .request, .response:
                    (
                        Self.isTimeout(error)
                            ? .timedOut
                            : Self.isMalformed(error)
                                ? .invalidResponse : stage == .response ? .responseBroken : .connectionBroken,
                        .failure
                    )
                }
            }
        let source = (error as? RequestBodyError)?.underlying ?? error
        self.init(kind, outcome, source, from: address)
    }

    private static func isInvalidRequest(_ error: any Error) -> Bool {
        guard let error = error as? HTTPClientError else { return false }
        switch error {
        case .invalidURL, .emptyHost, .emptyScheme, .missingSocketPath, .traceRequestWithBody, .bodyLengthMismatch,
            .writeAfterRequestSent, .invalidLocalAddress:
            return true
        default:
            // Codes with a payload cannot be matched.
            return ["Invalid header field names", "Invalid header field values", "Unsupported scheme"]
                .contains(error.shortDescription)
        }
    }

    private static func isClosedConnection(_ error: any Error) -> Bool {
        switch error {
        case let error as HTTPClientError:
            return error == .remoteConnectionClosed
        case let error as ChannelError:
            switch error {
            case .ioOnClosedChannel, .alreadyClosed, .eof, .outputClosed, .inputClosed: return true
            default: return false
            }
        case let error as IOError:
            return [ECONNRESET, EPIPE, ECONNABORTED, ENOTCONN].contains(error.errnoCode)
        case let error as NIOSSLError:
            if case .uncleanShutdown = error { return true }
            return false
        default:
            return false
        }
    }

    private static func isMalformed(_ error: any Error) -> Bool {
        guard let error = error as? HTTPParserError else { return false }
        // The parser's word for a connection that closed in the middle of a message.
        return error != .invalidEOFState
    }

    private static func isLocalShortage(_ error: any Error) -> Bool {
        switch error {
        case let error as IOError:
            return [EMFILE, ENFILE, EADDRNOTAVAIL, ENOBUFS, ENOMEM].contains(error.errnoCode)
        case let error as NIOConnectionError:
            return !error.connectionErrors.isEmpty && error.connectionErrors.allSatisfy { isLocalShortage($0.error) }
        default:
            return false
        }
    }

    private static func isTimeout(_ error: any Error) -> Bool {
        guard let error = error as? HTTPClientError else { return false }
        return error == .readTimeout || error == .writeTimeout
    }
}
#endif
