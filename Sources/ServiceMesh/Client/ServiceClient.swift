import MeshAdmission
public import MeshCore
import MeshLoadBalancing
import MeshRetries
import MeshTelemetry

/// Calls one service through the standard stack over one transport. Made by ``Mesh/client(for:over:classifier:)``.
///
/// A value, cheap to copy; all clients of a service share its endpoints, breakers and budget.
public struct ServiceClient<Carrier: Transport, Judge: Classifier>: Sendable
where Judge.Request == Carrier.Request, Judge.Response == Carrier.Response, Carrier.Request: HeaderCarrier {
    private let stack: StandardStack<Carrier, Judge>
    private let runtime: ServiceRuntime
    private let gate: Gate
    private let clock: MeshClock

    init(
        _ runtime: ServiceRuntime,
        stack: StandardStack<Carrier, Judge>,
        gate: Gate,
        clock: MeshClock
    ) {
        self.runtime = runtime
        self.stack = stack
        self.gate = gate
        self.clock = clock
    }

    /// The service that it calls.
    public var service: ServiceName { runtime.service }

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
    public func call(_ request: Carrier.Request, timeout: Duration? = nil) async throws -> Carrier.Response {
        let now = clock.now
        return try await call(request, deadline: timeout.map { .after($0, from: now) } ?? .none, startedAt: now)
    }

    /// Calls the service by a deadline; see ``call(_:timeout:)``.
    public func call(_ request: Carrier.Request, deadline: Deadline) async throws -> Carrier.Response {
        try await call(request, deadline: deadline, startedAt: clock.now)
    }

    private func call(
        _ request: Carrier.Request,
        deadline: Deadline,
        startedAt now: MeshInstant
    ) async throws -> Carrier.Response {
        guard gate.isOpen else { throw MeshError(.shutDown, service: runtime.service) }
        let context = CallContext(service: runtime.service, startedAt: now, deadline: deadline)
        if !runtime.hasFirstAnswer { try await runtime.waitForFirstAnswer(context) }
        do {
            return try await stack.call(request, context: context)
        } catch let error as MeshError {
            throw runtime.explain(error)
        }
    }
}
