/// Behaviour around a service: it may look at the request, change it, answer it, look at the response.
///
/// ```swift
/// struct Signed: Filter {
///     func call<Next: Service<String, String>>(_ request: String, context: CallContext, next: Next) async throws -> String {
///         try await next.call(request + " - signed", context: context)
///     }
/// }
///
/// let service = backend.filtered(by: Signed())
/// ```
public protocol Filter<Request, Response>: Sendable {
    /// What is sent.
    associatedtype Request: Sendable
    /// What comes back.
    associatedtype Response: Sendable

    /// Answers `request`, as a rule by asking `next`.
    func call<Next: Service<Request, Response>>(
        _ request: Request,
        context: CallContext,
        next: Next
    ) async throws -> Response
}

/// A service with a filter around it. Made by ``Service/filtered(by:)``.
public struct Filtered<Outer: Filter, Inner: Service>: Service
where Outer.Request == Inner.Request, Outer.Response == Inner.Response {
    /// The filter, which sees the request first.
    public let filter: Outer
    /// The service that it is around.
    public let next: Inner

    /// Puts `filter` around `next`.
    @inlinable
    public init(_ filter: Outer, around next: Inner) {
        self.filter = filter
        self.next = next
    }

    /// Answers `request` through the filter.
    @inlinable @inline(__always)
    public func call(_ request: Inner.Request, context: CallContext) async throws -> Inner.Response {
        try await filter.call(request, context: context, next: next)
    }
}

extension Service {
    /// This service with `filter` around it; the filter added last sees a request first.
    @inlinable
    public func filtered<Outer: Filter>(by filter: Outer) -> Filtered<Outer, Self>
    where Outer.Request == Request, Outer.Response == Response {
        Filtered(filter, around: self)
    }
}
