import MeshCore
import MeshLoadBalancing

/// One attempt on its way: to the server, in it, and back.
///
/// Safe to send although it is mutable: only what runs in one ``VirtualTime`` touches it, one after another on one thread.
final class Exchange: @unchecked Sendable {
    let server: SimulatedServer
    /// One way between client and server, in nanoseconds.
    let latency: UInt64

    private let time: VirtualTime
    private var continuation: UnsafeContinuation<SimulatedResponse, any Error>?
    private var early: (any Error)?

    /// Where in its ``ExchangeBag`` it is.
    var place = 0
    /// The work that is left, in nanoseconds at speed 1, as of ``updatedAt``.
    var work = 0.0
    var updatedAt: UInt64 = 0
    var timer: VirtualTime.Timer?
    /// Counts it as in flight at the server, where clients want to know.
    var tracked: TrackedRequest?
    /// Whether the client still waits.
    private(set) var isAwaited = true

    init(to server: SimulatedServer, latency: UInt64, in time: VirtualTime) {
        self.server = server
        self.latency = latency
        self.time = time
    }

    /// Sends the request, and suspends until the answer is back.
    func run() async throws -> SimulatedResponse {
        // Unsafe, because a checked one costs an allocation for every attempt; it is resumed in one place, once.
        try await withUnsafeThrowingContinuation { continuation in
            if let early { return continuation.resume(throwing: early) }
            self.continuation = continuation
            after(latency) { $0.server.arrive($0) }
        }
    }

    /// The client gives up.
    func abandon(_ error: any Error) {
        guard isAwaited else { return }
        isAwaited = false
        if let continuation = continuation.take() {
            continuation.resume(throwing: error)
        } else {
            early = error
        }
    }

    /// Sends the answer back.
    func answer(_ result: Result<SimulatedResponse, any Error>) {
        after(latency) { $0.deliver(result) }
    }

    private func deliver(_ result: Result<SimulatedResponse, any Error>) {
        guard isAwaited else { return }
        isAwaited = false
        continuation.take()?.resume(with: result)
    }

    private func after(_ nanoseconds: UInt64, _ action: @escaping @Sendable (Exchange) -> Void) {
        guard nanoseconds > 0 else { return action(self) }
        time.schedule(at: MeshInstant(nanoseconds: time.now.nanoseconds + nanoseconds)) { action(self) }
    }
}
