public import MeshCore
public struct MeshEvent: Sendable { public init() {} }
public final class MeshEvents: Sendable { public init() {}; public func publish(_ e: MeshEvent) {}; public func finish() {} }
public final class ServiceMetrics: Sendable { public init(service: ServiceName) {}; public func resolutionFailed() {} }
public struct TelemetryFilter<Request: Sendable, Response: CallResponse>: Filter {
    @inlinable public init() {}
    @inlinable public func call<Next: Service<Request, Response>>(_ request: Request, context: CallContext, next: Next) async throws -> Response { try await next.call(request, context: context) }
}
public struct TelemetryTransport<Base: Transport>: Transport where Base.Request: HeaderCarrier {
    @usableFromInline let base: Base
    @inlinable public init(_ base: Base) { self.base = base }
    @inlinable public func send(_ request: Base.Request, to endpoint: Endpoint, context: CallContext) async throws -> Base.Response { try await base.send(request, to: endpoint, context: context) }
}
