public import MeshCore
public import MeshDiscovery
import Synchronization

/// A resolver that says what a test tells it to.
///
/// ```swift
/// let resolver = try ScriptedResolver([Endpoint(Address("10.0.0.1:80"))])
/// …
/// resolver.yield(.empty)
/// resolver.fail("the registry is down")
/// resolver.finish()
/// ```
///
/// It obeys the rules of `Resolver`: an iteration begins with the current answer, of several answers in a row a slow
/// reader sees the newest, equal ones are yielded once. It runs no task.
public final class ScriptedResolver: Resolver {
    private struct State {
        var current: Resolution?
        var isFinished = false
        var iterations: [UInt64: AsyncStream<Resolution>.Continuation] = [:]
        var iterationCount: UInt64 = 0
        var refreshCount = 0
        var watchers: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []

        mutating func satisfiedWatchers() -> [CheckedContinuation<Void, Never>] {
            let active = iterations.count
            defer { watchers.removeAll { $0.count <= active } }
            return watchers.filter { $0.count <= active }.map(\.continuation)
        }
    }

    private let state: Mutex<State>

    /// Creates a resolver that has nothing to say yet.
    public init() {
        state = Mutex(State())
    }

    /// Creates a resolver that answers `endpoints`.
    public init(_ endpoints: EndpointSet) {
        state = Mutex(State(current: .endpoints(endpoints)))
    }

    /// From now on the answer is `endpoints`.
    public func yield(_ endpoints: EndpointSet) {
        send(.endpoints(endpoints))
    }

    /// The source fails. A failure with the same reason as the one before is not yielded again.
    public func fail(_ reason: String = "scripted failure", source: String = "scripted") {
        send(.failure(ResolutionError(source: source, reason: reason)))
    }

    /// Ends all iterations behind their last answer, and later ones behind their first.
    public func finish() {
        let iterations = state.withLock { state in
            state.isFinished = true
            return state.iterations
        }
        for iteration in iterations.values { iteration.finish() }
    }

    /// How many iterations have begun so far.
    public var iterationCount: Int { state.withLock { Int($0.iterationCount) } }

    /// How many iterations are going on: neither ended, nor cancelled, nor dropped.
    public var activeIterations: Int { state.withLock { $0.iterations.count } }

    /// How often ``refresh()`` was called.
    public var refreshCount: Int { state.withLock { $0.refreshCount } }

    /// Returns once at least `count` iterations are going on.
    public func iterations(atLeast count: Int = 1) async {
        await withCheckedContinuation { continuation in
            let satisfied = state.withLock { state in
                state.watchers.append((count, continuation))
                return state.satisfiedWatchers()
            }
            for watcher in satisfied { watcher.resume() }
        }
    }

    /// The answers of the script.
    public func resolutions() -> Resolutions {
        Resolutions(resolver: self)
    }

    /// Counts the hint.
    public func refresh() {
        state.withLock { $0.refreshCount += 1 }
    }

    private func send(_ resolution: Resolution) {
        // Inside the lock, so that all iterations see one order.
        state.withLock { state in
            guard !state.isFinished else { return }
            state.current = resolution
            for iteration in state.iterations.values { iteration.yield(resolution) }
        }
    }

    fileprivate func iterate() -> AsyncStream<Resolution>.Iterator {
        let (stream, continuation) = AsyncStream.makeStream(of: Resolution.self, bufferingPolicy: .bufferingNewest(1))
        let (isFinished, satisfied) = state.withLock { state in
            if let current = state.current { continuation.yield(current) }
            state.iterationCount += 1
            if !state.isFinished {
                let id = state.iterationCount
                continuation.onTermination = { [weak self] _ in
                    self?.state.withLock { _ = $0.iterations.removeValue(forKey: id) }
                }
                state.iterations[id] = continuation
            }
            return (state.isFinished, state.satisfiedWatchers())
        }
        for watcher in satisfied { watcher.resume() }
        if isFinished { continuation.finish() }
        return stream.makeAsyncIterator()
    }
}

extension ScriptedResolver {
    /// The answers of the script.
    public struct Resolutions: AsyncSequence, Sendable {
        let resolver: ScriptedResolver

        /// Begins with the current answer.
        public func makeAsyncIterator() -> AsyncIterator {
            AsyncIterator(base: resolver.iterate())
        }

        /// One reader.
        public struct AsyncIterator: AsyncIteratorProtocol {
            var base: AsyncStream<Resolution>.Iterator
            var last: Resolution?

            /// The next answer that differs from the last one; `nil` at the end.
            public mutating func next(isolation actor: isolated (any Actor)?) async -> Resolution? {
                while let resolution = await base.next(isolation: actor) {
                    guard resolution != last else { continue }
                    last = resolution
                    return resolution
                }
                return nil
            }
        }
    }
}
