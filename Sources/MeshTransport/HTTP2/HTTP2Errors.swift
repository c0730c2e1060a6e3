#if Transport
import NIOCore
import NIOHPACK
import NIOHTTP2

/// The peer takes no more streams on a connection, and says why (GOAWAY).
struct GoAwayError: Error, CustomStringConvertible {
    /// The peer may have acted on streams up to this one, and on none above.
    let lastStream: HTTP2StreamID
    let code: NIOHTTP2.HTTP2ErrorCode
    /// What the peer added, for a person.
    let message: String

    init(lastStream: HTTP2StreamID, code: NIOHTTP2.HTTP2ErrorCode, data: ByteBuffer?) {
        self.lastStream = lastStream
        self.code = code
        let bytes = data.map { $0.readableBytesView.prefix(256) } ?? ByteBuffer().readableBytesView
        message = String(decoding: bytes.map { (0x20...0x7E).contains($0) ? $0 : UInt8(ascii: "?") }, as: UTF8.self)
    }

    /// Whether the peer promises not to have looked at a stream.
    func excludes(_ stream: HTTP2StreamID) -> Bool { stream > lastStream }

    /// Whether the peer leaves without a complaint.
    var isGraceful: Bool { code == .noError }

    var description: String { "GOAWAY \(code.name)" + (message.isEmpty ? "" : ": \(message)") }
}

/// The peer gave up one stream (RST_STREAM).
struct StreamResetError: Error, CustomStringConvertible {
    let code: NIOHTTP2.HTTP2ErrorCode

    var description: String { "RST_STREAM \(code.name)" }
}

/// The peer did not answer a PING in time.
struct KeepAliveError: Error, CustomStringConvertible {
    let timeout: TimeAmount

    var description: String { "no answer to a PING within \(timeout.nanoseconds / 1_000_000) ms" }
}

/// The peer takes no stream at all, by its settings.
struct NoStreamsError: Error, CustomStringConvertible {
    var description: String { "the endpoint allows no streams (SETTINGS_MAX_CONCURRENT_STREAMS = 0)" }
}

extension NIOHTTP2.HTTP2ErrorCode {
    /// The name in RFC 9113, 7.
    var name: String {
        switch self {
        case .noError: "NO_ERROR"
        case .protocolError: "PROTOCOL_ERROR"
        case .internalError: "INTERNAL_ERROR"
        case .flowControlError: "FLOW_CONTROL_ERROR"
        case .settingsTimeout: "SETTINGS_TIMEOUT"
        case .streamClosed: "STREAM_CLOSED"
        case .frameSizeError: "FRAME_SIZE_ERROR"
        case .refusedStream: "REFUSED_STREAM"
        case .cancel: "CANCEL"
        case .compressionError: "COMPRESSION_ERROR"
        case .connectError: "CONNECT_ERROR"
        case .enhanceYourCalm: "ENHANCE_YOUR_CALM"
        case .inadequateSecurity: "INADEQUATE_SECURITY"
        case .http11Required: "HTTP_1_1_REQUIRED"
        default: "0x" + String(networkCode, radix: 16)
        }
    }
}

extension MalformedResponse {
    /// What the library found, if the error is one of HTTP/2 and not of the connection below.
    init?(http2 error: any Error) {
        switch error {
        case let error as NIOHTTP2Errors.StreamError:
            self = Self(http2: error.baseError) ?? .http2("\(error.baseError)")
        case is any NIOHTTP2Error, is any NIOHPACKError:
            self = .http2((error as? any CustomStringConvertible)?.description ?? "\(type(of: error))")
        default:
            return nil
        }
    }
}
#endif
