/// Sends one attempt to one endpoint.
///
/// Rules for conformers:
///
/// 1. ``send(_:to:context:)`` makes one attempt. It does not retry, does not follow redirects, does not choose another
///    endpoint, and does not queue without bound.
/// 2. It honours the cancellation of its task, and stops with the reason when `context.cancellation` is given, until
///    the *body* of the response has ended. Both release the connection.
/// 3. A refused connection is reported when it is refused, not when a timeout ends.
/// 4. After ``retire(_:)`` the endpoint is asked no more; calls under way end normally, then its connections close.
///    It may come back later.
/// 5. ``shutdown()`` returns when nothing is left open.
public protocol Transport<Request, Response>: Sendable {
    /// What is sent.
    associatedtype Request: Sendable
    /// What comes back.
    associatedtype Response: CallResponse

    /// Sends `request` to `endpoint` and returns when the head of the response is in.
    func send(_ request: Request, to endpoint: Endpoint, context: CallContext) async throws -> Response

    /// The endpoint joined the set of `service`: connections to it may be opened before there is a call. Does not wait for them.
    /// May be called again for the same endpoint.
    func prepare(_ endpoint: Endpoint, for service: ServiceName)

    /// The endpoint left its set: close its connections once its calls are over.
    func retire(_ endpoint: Endpoint)

    /// Closes everything.
    func shutdown() async
}

extension Transport {
    /// Nothing to open.
    public func prepare(_ endpoint: Endpoint, for service: ServiceName) {}

    /// Nothing to close.
    public func retire(_ endpoint: Endpoint) {}

    /// Nothing to close.
    public func shutdown() async {}
}
