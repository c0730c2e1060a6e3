public import MeshCore

/// A transport that is a function.
public struct FunctionTransport<Response: CallResponse>: Transport {
    private let body: @Sendable (String, Endpoint, CallContext) async throws -> Response

    /// Creates a transport that answers with `body`.
    public init(_ body: @escaping @Sendable (String, Endpoint, CallContext) async throws -> Response) {
        self.body = body
    }

    /// Answers with the function.
    public func send(_ request: String, to endpoint: Endpoint, context: CallContext) async throws -> Response {
        try await body(request, endpoint, context)
    }
}
