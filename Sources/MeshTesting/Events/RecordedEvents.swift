public import MeshTelemetry
public import ServiceMesh
import Synchronization

/// Everything that happened in a mesh since this was made, for tests.
///
/// ```swift
/// let events = RecordedEvents(of: mesh)
/// …
/// let ejection = await events.first { if case .endpointEjected = $0 { true } else { false } }
/// ```
///
/// Events arrive a moment after they were published: wait for one with ``first(where:)`` rather than look for it in
/// ``all``. Recording ends with the mesh, or when the recorder is dropped.
public final class RecordedEvents: Sendable {
    private let log = Log()
    private let task: Task<Void, Never>

    /// Records the events of a mesh from now on.
    public convenience init(of mesh: Mesh) {
        self.init(mesh.events)
    }

    /// Records events from now on.
    ///
    /// - Parameter events: What to record. Up to 4,096 events are kept while the recorder has no time.
    public init(_ events: MeshEvents) {
        let subscription = events.subscribe(bufferingNewest: 4096)
        task = Task { [log] in
            for await event in subscription { log.append(event) }
            log.finish()
        }
    }

    deinit { task.cancel() }

    /// What has been recorded, oldest first.
    public var all: [MeshEvent] { log.events }

    /// How many of the recorded events are as `predicate` says.
    public func count(where predicate: (MeshEvent) -> Bool) -> Int {
        all.count { predicate($0) }
    }

    /// Waits for an event; one that was recorded before counts.
    ///
    /// - Returns: The first that is as `predicate` says; `nil` if recording ends without one, or when the waiting task is
    ///   cancelled.
    public func first(where predicate: @escaping @Sendable (MeshEvent) -> Bool) async -> MeshEvent? {
        await log.first(where: predicate)
    }
}

private final class Log: Sendable {
    private struct Waiter {
        let predicate: @Sendable (MeshEvent) -> Bool
        let continuation: CheckedContinuation<MeshEvent?, Never>
    }

    private struct State {
        var events: [MeshEvent] = []
        var waiters: [UInt64: Waiter] = [:]
        var nextID: UInt64 = 0
        var isFinished = false
    }

    private let state = Mutex(State())

    var events: [MeshEvent] { state.withLock { $0.events } }

    func append(_ event: MeshEvent) {
        let satisfied = state.withLock { state in
            state.events.append(event)
            let satisfied = state.waiters.filter { $0.value.predicate(event) }
            for id in satisfied.keys { state.waiters[id] = nil }
            return satisfied
        }
        for waiter in satisfied.values { waiter.continuation.resume(returning: event) }
    }

    func finish() {
        let waiters = state.withLock { state in
            state.isFinished = true
            defer { state.waiters = [:] }
            return state.waiters
        }
        for waiter in waiters.values { waiter.continuation.resume(returning: nil) }
    }

    func first(where predicate: @escaping @Sendable (MeshEvent) -> Bool) async -> MeshEvent? {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                enum Verdict { case over(MeshEvent?), waiting }
                let verdict: Verdict = state.withLock { state in
                    if let event = state.events.first(where: predicate) { return .over(event) }
                    guard !state.isFinished, !Task.isCancelled else { return .over(nil) }
                    state.waiters[id] = Waiter(predicate: predicate, continuation: continuation)
                    return .waiting
                }
                if case .over(let event) = verdict { continuation.resume(returning: event) }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: id) }?.continuation.resume(returning: nil)
        }
    }
}
