#if AsyncHTTPClient
import AsyncHTTPClient
import NIOCore

/// How a body of AsyncHTTPClient is made, which it knows but does not say.
///
/// Whether a body is in memory decides whether a failed request may be tried again, and its length is part of the
/// framing, but both are internal to AsyncHTTPClient, and reading the body to find out would use it up. So its stored
/// properties are reflected on. A release that arranges them differently makes every body look like a stream of
/// unknown length: requests are still sent correctly, in chunks, and are recorded for a retry like any other stream.
enum RequestBodyShape {
    case bytes(ByteBuffer)
    /// Can be iterated any number of times, and its iterator never waits.
    case collection
    case stream(length: Int64?)

    init(of body: HTTPClientRequest.Body) {
        guard let mode = Mirror(reflecting: body).descendant("mode"),
            let (name, payload) = Mirror(reflecting: mode).children.first
        else {
            self = .stream(length: nil)
            return
        }
        if let buffer = payload as? ByteBuffer {
            self = .bytes(buffer)
            return
        }
        let details = Mirror(reflecting: payload)
        if name == "sequence", details.descendant("canBeConsumedMultipleTimes") as? Bool == true {
            self = .collection
        } else {
            self = .stream(length: details.descendant("length").flatMap(Self.knownLength))
        }
    }

    private static func knownLength(_ length: Any) -> Int64? {
        Mirror(reflecting: length).descendant("known") as? Int64
    }
}
#endif
