/// Turns an asynchronous function into the ``Resolver/Resolutions`` of a resolver.
///
/// ```swift
/// struct RegistryResolver: Resolver {
///     let registry: Registry
///
///     func resolutions() -> ResolutionStream {
///         ResolutionStream { yield in
///             for await instances in registry.changes() {
///                 yield(.endpoints(EndpointSet(instances.map { Endpoint($0.address) })))
///             }
///         }
///     }
/// }
/// ```
///
/// Each iteration runs the function once, in a task of its own that is cancelled when the iterating task is cancelled
/// or the iterator is dropped. The sequence ends when the function returns. Between the two stands a place for one
/// element, the newest; an element equal to the one delivered before is left out.
///
/// The function runs on the global executor, not on that of the caller.
public struct ResolutionStream: AsyncSequence, Sendable {
    /// What the function yields to.
    public typealias Yield = @Sendable (Resolution) -> Void

    private let produce: @Sendable (@escaping Yield) async -> Void

    /// Creates a sequence of what `produce` yields.
    ///
    /// - Parameter produce: Yields answers until its source can never change again or its task is cancelled. Must
    ///   return soon after a cancellation.
    public init(_ produce: @escaping @Sendable (@escaping Yield) async -> Void) {
        self.produce = produce
    }

    /// Starts the function.
    public func makeAsyncIterator() -> AsyncIterator {
        let (stream, continuation) = AsyncStream.makeStream(of: Resolution.self, bufferingPolicy: .bufferingNewest(1))
        let task = Task { [produce] in
            await produce { continuation.yield($0) }
            continuation.finish()
        }
        continuation.onTermination = { _ in task.cancel() }
        return AsyncIterator(stream.makeAsyncIterator())
    }

    /// One run of the function.
    public struct AsyncIterator: AsyncIteratorProtocol {
        private var base: AsyncStream<Resolution>.Iterator
        private var last: Resolution?

        init(_ base: AsyncStream<Resolution>.Iterator) {
            self.base = base
        }

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
