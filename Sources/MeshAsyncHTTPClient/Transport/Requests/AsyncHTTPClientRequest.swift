#if AsyncHTTPClient
public import AsyncHTTPClient
public import Logging
public import MeshHTTP
import NIOHTTP1

/// A request of AsyncHTTPClient on its way through the mesh.
///
/// The URL names the logical service, `http://users/42`, not an endpoint. The wrapper exists because a conformance of
/// AsyncHTTPClient's own type would be one that every module of a program has to share.
public struct AsyncHTTPClientRequest: HTTPRequestMessage {
    /// The request. Its body is read through the wrapper only.
    public private(set) var message: HTTPClientRequest
    private(set) var body: RequestBody
    /// Hears of each attempt.
    let logger: Logger?

    /// Wraps a request.
    ///
    /// - Parameters:
    ///   - message: The request.
    ///   - logger: What AsyncHTTPClient tells of each attempt.
    public init(_ message: HTTPClientRequest, logger: Logger? = nil) {
        self.message = message
        self.logger = logger
        body = RequestBody(message.body)
    }

    /// The method: `GET`.
    public var methodName: String { message.method.rawValue }

    /// Whether the whole body can still be sent.
    public var canBeSentAgain: Bool { body.canBeSentAgain }

    /// Records a streaming body while it is sent.
    public mutating func prepareForReplay(limit: Int) { body.prepareForReplay(limit: limit) }

    /// All values of a header, in order.
    public func headerValues(_ name: String) -> [String] { message.headers[name] }

    /// Replaces every value of a header.
    public mutating func setHeader(_ name: String, to value: String) {
        message.headers.replaceOrAdd(name: name, value: value)
    }
}
#endif
