import MeshAdmission
public import MeshCore
import MeshLoadBalancing
import MeshRetries
public import MeshTelemetry

/// Calls one service through the standard stack over one transport. Made by ``Mesh/client(for:over:classifier:)``.
///
/// A value, cheap to copy; all clients of a service share its endpoints, breakers and budget.
///
/// It is a `Service` itself, so a filter of one's own goes around the whole call, retries included:
///
/// ```swift
/// let audited = client.filtered(by: Audit())
/// let context = CallContext(service: client.service, startedAt: mesh.clock.now)
/// let response = try await audited.call(request, context: context)
/// ```
public struct ServiceClient<Carrier: Transport, Judge: Classifier>: Service
where Judge.Request == Carrier.Request, Judge.Response == Carrier.Response, Carrier.Request: HeaderCarrier {
    @usableFromInline let stack: StandardStack<Carrier, Judge>
    @usableFromInline let runtime: ServiceRuntime
    @usableFromInline let clock: MeshClock
    /// The service that it calls.
    public let service: ServiceName

    init(_ runtime: ServiceRuntime, stack: StandardStack<Carrier, Judge>, clock: MeshClock) {
        self.runtime = runtime
        self.service = runtime.service
        self.stack = stack
        self.clock = clock
    }

    /// Calls the service.
    ///
    /// Before discovery has answered for the first time the call waits for it, within its deadline.
    ///
    /// - Parameters:
    ///   - request: What to send.
    ///   - timeout: How long the call may take, body included; the service's own timeout and the inherited deadline
    ///     count if they are shorter.
    /// - Returns: The response of the last attempt; possibly one that says "failed".
    /// - Throws: `MeshError`; `CancellationError` when the caller is cancelled.
    @inlinable
    public func call(_ request: Carrier.Request, timeout: Duration? = nil) async throws -> Carrier.Response {
        let now = clock.now
        let deadline = timeout.map { Deadline.after($0, from: now) } ?? .none
        return try await begin(request, context: CallContext(service: service, startedAt: now, deadline: deadline))
    }

    /// Calls the service by a deadline; see ``call(_:timeout:)``.
    @inlinable
    public func call(_ request: Carrier.Request, deadline: Deadline) async throws -> Carrier.Response {
        try await begin(request, context: CallContext(service: service, startedAt: clock.now, deadline: deadline))
    }

    /// Calls the service as part of a call that has begun already: by the deadline of `context`; see
    /// ``call(_:timeout:)``.
    ///
    /// What the call has waited for so far, in a filter around this client for instance, is not the endpoint's latency: the
    /// first attempt begins now. One more clock read, and one small allocation.
    @inlinable
    public func call(_ request: Carrier.Request, context: CallContext) async throws -> Carrier.Response {
        var context = context
        context.attemptStartedAt = clock.now
        return try await begin(request, context: context)
    }

    @inlinable
    func begin(_ request: Carrier.Request, context: CallContext) async throws -> Carrier.Response {
        let isReady = runtime.enter()
        do {
            var response =
                isReady && !runtime.hasHashHeader
                ? try await stack.call(request, context: context)
                : try await callUnusually(request, context: context, isReady: isReady)
            if response.isOver {
                runtime.leave()
            } else {
                response.onEnd { [runtime] _ in runtime.leave() }
            }
            return response
        } catch {
            runtime.leave()
            throw runtime.explain(error)
        }
    }

    /// With what most calls do not need, so that these need not look for it.
    @usableFromInline
    func callUnusually(
        _ request: Carrier.Request,
        context: CallContext,
        isReady: Bool
    ) async throws -> Carrier.Response {
        let context = runtime.keyed(context, by: request)
        return isReady
            ? try await stack.call(request, context: context)
            : try await callWhenReady(request, context: context)
    }

    /// The same stack with one more layer, which only the first calls need.
    private func callWhenReady(_ request: Carrier.Request, context: CallContext) async throws -> Carrier.Response {
        let (telemetry, deadline, retrying) = (stack.filter, stack.next.filter, stack.next.next)
        return
            try await retrying
            .filtered(by: WaitForDiscovery(runtime: runtime))
            .filtered(by: deadline)
            .filtered(by: telemetry)
            .call(request, context: context)
    }
}
