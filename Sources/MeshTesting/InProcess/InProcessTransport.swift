import MeshAdmission
public import MeshCore
import Synchronization

/// Endpoints that are functions: a whole client stack without a socket.
///
/// ```swift
/// let transport = InProcessTransport<String, String>()
/// let first = transport.serve(at: "10.0.0.1:80") { request, _ in "hello \(request)" }
/// let second = transport.serve(at: "10.0.0.2:80") { request, _ in "hi \(request)" }
/// transport.script([.refused, .none, .hang], at: second)
/// ```
///
/// An address that nobody serves refuses its calls.
public final class InProcessTransport<Request: Sendable, Response: CallResponse>: Transport {
    /// Answers a request.
    public typealias Handler = @Sendable (Request, CallContext) async throws -> Response

    private struct Backend {
        var handler: Handler?
        var script: [Fault<Response>] = []
        var standing: Fault<Response> = .none
        var calls = 0
        var inFlight = 0
        var retirements = 0

        mutating func begin() -> (handler: Handler?, fault: Fault<Response>) {
            calls += 1
            inFlight += 1
            return (handler, script.isEmpty ? standing : script.removeFirst())
        }
    }

    private struct State {
        var backends: [Address: Backend] = [:]
        var signals: [UInt64: CancellationSignal] = [:]
        var callCount: UInt64 = 0
        var isShutDown = false
    }

    private let state = Mutex(State())
    private let clock: MeshClock

    /// Creates a transport without endpoints.
    ///
    /// - Parameter clock: The clock that delays are measured by.
    public init(clock: MeshClock = .continuous) {
        self.clock = clock
    }

    // MARK: Endpoints

    /// Lets `handler` answer at an address, from now on.
    ///
    /// - Precondition: `address` can be read as an `Address`.
    /// - Returns: The endpoint, to be put into an endpoint set.
    @discardableResult
    public func serve(at address: String, handler: @escaping Handler) -> Endpoint {
        do {
            let endpoint = Endpoint(try Address(address))
            serve(endpoint, handler: handler)
            return endpoint
        } catch {
            preconditionFailure("\(error)")
        }
    }

    /// Lets `handler` answer for an endpoint, from now on.
    public func serve(_ endpoint: Endpoint, handler: @escaping Handler) {
        state.withLock { $0.backends[endpoint.address, default: Backend()].handler = handler }
    }

    /// The process at this endpoint dies: calls are refused from now on. Those under way go on.
    public func kill(_ endpoint: Endpoint) {
        state.withLock { $0.backends[endpoint.address]?.handler = nil }
    }

    // MARK: Faults

    /// What happens to the next calls, one after the other; afterwards the standing fault applies.
    public func script(_ faults: [Fault<Response>], at endpoint: Endpoint) {
        state.withLock { $0.backends[endpoint.address, default: Backend()].script += faults }
    }

    /// What happens to every call for which no fault is scripted.
    public func set(_ fault: Fault<Response>, at endpoint: Endpoint) {
        state.withLock { $0.backends[endpoint.address, default: Backend()].standing = fault }
    }

    // MARK: What happened

    /// How many calls the endpoint has got, refused ones included.
    public func callCount(at endpoint: Endpoint) -> Int {
        state.withLock { $0.backends[endpoint.address]?.calls ?? 0 }
    }

    /// How many calls are at the endpoint.
    public func inFlightCount(at endpoint: Endpoint) -> Int {
        state.withLock { $0.backends[endpoint.address]?.inFlight ?? 0 }
    }

    /// How often the endpoint was retired.
    public func retirementCount(of endpoint: Endpoint) -> Int {
        state.withLock { $0.backends[endpoint.address]?.retirements ?? 0 }
    }

    /// Whether the transport was shut down.
    public var isShutDown: Bool { state.withLock { $0.isShutDown } }

    // MARK: Transport

    /// Answers with the handler of the endpoint, unless a fault is in the way.
    public func send(_ request: Request, to endpoint: Endpoint, context: CallContext) async throws -> Response {
        let address = endpoint.address
        let signal = context.cancellation ?? CancellationSignal()
        let (id, handler, fault) = try state.withLock { state in
            guard !state.isShutDown else { throw CancellationSignal.Reason.shutDown }
            state.callCount += 1
            state.signals[state.callCount] = signal
            let (handler, fault) = state.backends[address, default: Backend()].begin()
            return (state.callCount, handler, fault)
        }
        defer {
            state.withLock { state in
                state.backends[address]?.inFlight -= 1
                state.signals[id] = nil
            }
        }
        guard let handler else { throw InProcessError.connectionRefused(address) }
        let answer: @Sendable () async throws -> Response = { [clock] in
            switch fault {
            case .none:
                break
            case .refused:
                throw InProcessError.connectionRefused(address)
            case .reset:
                throw InProcessError.connectionReset(address)
            case .delayed(let duration):
                try await clock.sleep(until: clock.now.advanced(by: duration))
            case .hang:
                try await clock.sleep(until: .distantFuture)
            case .error(let error):
                throw error
            case .response(let response):
                return response
            }
            return try await handler(request, context)
        }
        return try await signal.run(on: clock.executor, answer)
    }

    /// Counts it.
    public func retire(_ endpoint: Endpoint) {
        state.withLock { $0.backends[endpoint.address]?.retirements += 1 }
    }

    /// Stops the calls under way, and lets no other begin. Does not wait for handlers that ignore their cancellation.
    public func shutdown() async {
        let signals = state.withLock { state in
            state.isShutDown = true
            return state.signals
        }
        for signal in signals.values { signal.cancel(.shutDown) }
    }
}
