/// A transport around another: behaviour around an attempt, as a ``Filter`` is behaviour around a call.
///
/// ```swift
/// struct Counted<Base: Transport>: TransportLayer {
///     let base: Base
///     let counter: Counter
///
///     func send(_ request: Base.Request, to endpoint: Endpoint, context: CallContext) async throws -> Base.Response {
///         counter.add(1)
///         return try await base.send(request, to: endpoint, context: context)
///     }
/// }
/// ```
///
/// What is said about endpoints and about the end goes through: a layer that forgot to pass it on would leak the
/// connections of those below.
public protocol TransportLayer<Base>: Transport {
    /// The transport that it is around.
    associatedtype Base: Transport

    /// The transport that it is around.
    var base: Base { get }
}

extension TransportLayer {
    /// Passed on.
    @inlinable
    public func prepare(_ endpoint: Endpoint, for service: ServiceName) { base.prepare(endpoint, for: service) }

    /// Passed on.
    @inlinable
    public func retire(_ endpoint: Endpoint) { base.retire(endpoint) }

    /// Passed on.
    @inlinable
    public func shutdown() async { await base.shutdown() }
}
