#if Transport
import HTTPTypes
public import MeshCore
public import MeshHTTP
import NIOCore

/// Sends HTTP over connections of its own: HTTP/1.1 and HTTP/2, with or without TLS, to IP addresses, host names and Unix sockets.
///
/// ```swift
/// let users = try mesh.http("users")
/// ```
///
/// Connections live on event loops, each endpoint has some on each of them, and a call uses those of the loop that it comes
/// from (see ``executors``). Nothing waits where nobody sees it: a call gets a connection, opens one, or waits for a bounded
/// time. What a request names is kept: `Host`, `:authority` and the server name are those of the request, whatever the address
/// of the endpoint.
///
/// A transport measures no time but that of connecting and waiting for a connection: a call goes on until its
/// `context.cancellation` is given or its task cancelled.
public final class NativeTransport: HTTPTransport {
    private let lanes: Lanes
    private let settings: TransportSettings

    /// Creates a transport. Opens no connection.
    public init(_ configuration: Configuration = Configuration()) {
        settings = TransportSettings(configuration)
        lanes = Lanes(on: configuration.eventLoopGroup, settings: settings)
    }

    /// Sends `request` to `endpoint` and returns when the head of the final response is in.
    ///
    /// A response that comes in one piece with its head is returned with its body in memory, any other while its body is still
    /// under way. Costs a handful of allocations and, for a caller on another thread than the event loop, two changes of threads.
    ///
    /// - Throws: ``TransportError``, `CancellationError` or the reason of `context.cancellation`.
    public func send(
        _ request: HTTPCallRequest,
        to endpoint: Endpoint,
        context: CallContext
    ) async throws -> HTTPCallResponse {
        let outgoing: OutgoingRequest
        do {
            try settings.check(request.head.scheme, endpoint)
            outgoing = try OutgoingRequest(request, service: context.service.rawValue)
        } catch {
            throw TransportError.invalidRequest(error, at: endpoint.address)
        }
        let exchange = Exchange(
            outgoing,
            to: endpoint,
            on: lanes.choose(),
            responseBuffer: settings.responseBufferSize
        )
        context.cancellation?.onCancel { exchange.stop($0) }
        return try await withTaskCancellationHandler {
            try await withUnsafeThrowingContinuation { exchange.begin($0) }
        } onCancel: {
            exchange.stop(CancellationError())
        }
    }

    /// The endpoint joined the set of a service: opens the minimum of connections to it, if there is one. With TLS they serve
    /// the calls whose authority is the name of the service.
    public func prepare(_ endpoint: Endpoint, for service: ServiceName) {
        guard settings.minimumConnectionsPerEndpoint > 0, (try? settings.check(nil, endpoint)) != nil else { return }
        for lane in lanes.all { lane.perform { lane.prepare(endpoint, authority: service.rawValue) } }
    }

    /// The endpoint left its set: its connections close when its calls are over. A later request opens new ones.
    public func retire(_ endpoint: Endpoint) {
        for lane in lanes.all { lane.perform { lane.retire(endpoint.address) } }
    }

    /// Stops every call with the reason `shutDown`, and returns when all connections are closed.
    public func shutdown() async {
        let ends = lanes.all.map { lane in
            let promise = lane.loop.makePromise(of: Void.self)
            lane.perform { lane.shutDown(promise) }
            return promise.futureResult
        }
        for end in ends { try? await end.get() }
    }

    /// Executors that run tasks on the event loops of the transport, one for each that it uses: no more than
    /// ``Configuration/maximumConnectionsPerEndpoint``.
    ///
    /// A task that prefers one (`withTaskExecutorPreference(_:operation:)`, `addTask(executorPreference:operation:)`) makes its
    /// calls without changing threads, which saved 15 to 40 % of their processor time in
    /// `sidebyside` (64, 8 calls in flight). Give them only to tasks that do not block and
    /// do not compute for long: the connections of that event loop wait meanwhile.
    public var executors: [any TaskExecutor] { lanes.all.map(\.executor) }

    /// How many connections are open or being opened.
    public var connectionCount: Int {
        get async {
            var count = 0
            for lane in lanes.all {
                count += (try? await lane.loop.submit { lane.connectionCount }.get()) ?? 0
            }
            return count
        }
    }
}
#endif
