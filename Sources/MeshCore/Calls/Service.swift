/// Something that answers requests: a client stack, one endpoint, a function in a test.
///
/// A service is composed from filters around another service. The composition is static: every layer is a generic
/// struct, so that the compiler sees through the whole stack and a call pays for no existential and no closure.
public protocol Service<Request, Response>: Sendable {
    /// What is sent.
    associatedtype Request: Sendable
    /// What comes back.
    associatedtype Response: Sendable

    /// Answers `request`.
    ///
    /// Runs in the caller's task and honours its cancellation. The response may still be streaming when this returns;
    /// see ``CallResponse``.
    func call(_ request: Request, context: CallContext) async throws -> Response
}

/// A service made of a function.
public struct FunctionService<Request: Sendable, Response: Sendable>: Service {
    @usableFromInline let body: @Sendable (Request, CallContext) async throws -> Response

    /// Creates a service that answers with `body`.
    @inlinable
    public init(_ body: @escaping @Sendable (Request, CallContext) async throws -> Response) {
        self.body = body
    }

    /// Answers `request` with the function.
    @inlinable
    public func call(_ request: Request, context: CallContext) async throws -> Response {
        try await body(request, context)
    }
}
