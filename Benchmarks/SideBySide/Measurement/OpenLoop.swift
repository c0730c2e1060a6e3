#if AsyncHTTPClient && Transport
import Foundation
import Synchronization

/// A constant rate: a call begins when it is due, whether or not earlier ones have ended. Latencies count from the
/// instant at which it was due, so that a stall shows in every call it delays.
struct OpenLoop: Loop {
    /// Calls per second.
    let rate: Int

    func run(_ client: some BenchmarkClient, for duration: Duration) async throws -> [UInt32] {
        let count = max(1, Int(Double(rate) * (duration / .seconds(1))))
        return try await withCheckedThrowingContinuation { continuation in
            let ledger = Ledger(expecting: count, continuation)
            // A thread of its own keeps time better than the pool that runs the calls.
            Thread.detachNewThread { pace(count, client, ledger) }
        }
    }

    private func pace(_ count: Int, _ client: some BenchmarkClient, _ ledger: Ledger) {
        let start = ContinuousClock.now
        for number in 0..<count {
            let due = start + .seconds(1) * number / rate
            let wait = (due - .now) / .seconds(1)
            if wait > 0 { Thread.sleep(forTimeInterval: wait) }
            Task(executorPreference: client.executor(ofCaller: number)) {
                do {
                    try await client.get()
                    ledger.add(.success(UInt32(clamping: Int64((.now - due) / .nanoseconds(1)))))
                } catch {
                    ledger.add(.failure(error))
                }
            }
        }
    }
}

/// Gathers the results of calls that end in any order.
private final class Ledger: Sendable {
    private struct State {
        var latencies: [UInt32] = []
        var failure: (any Error)?
        var remaining: Int
    }

    private let state: Mutex<State>
    private let continuation: CheckedContinuation<[UInt32], any Error>

    init(expecting count: Int, _ continuation: CheckedContinuation<[UInt32], any Error>) {
        state = Mutex(State(remaining: count))
        self.continuation = continuation
    }

    func add(_ result: Result<UInt32, any Error>) {
        let ended: Result<[UInt32], any Error>? = state.withLock { state in
            switch result {
            case .success(let latency): state.latencies.append(latency)
            case .failure(let error): state.failure = state.failure ?? error
            }
            state.remaining -= 1
            guard state.remaining == 0 else { return nil }
            return state.failure.map { .failure($0) } ?? .success(state.latencies)
        }
        if let ended { continuation.resume(with: ended) }
    }
}
#endif
