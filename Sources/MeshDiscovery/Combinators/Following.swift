import MeshCore
import Synchronization

/// What a followed resolver did.
enum News: Hashable, Sendable {
    case answer(Resolution)
    /// Its sequence ended. Comes once, behind its last answer.
    case end
}

/// Iterates several resolvers at once and hands the newest that each said to one loop, which also keeps an alarm.
///
/// A resolver that is faster than `step` is not queued: of its answers the newest counts. Returns when all resolvers
/// have ended and no alarm is set, or when the task is cancelled; nothing is left running then.
///
/// - Parameter step: Called once at the start without news, then for news and for the alarm, never concurrently.
///   Returns the instant at which it wants to be called even without news.
func follow(
    _ resolvers: [any Resolver],
    clock: MeshClock,
    _ step: (_ news: [(source: Int, news: News)], _ now: MeshInstant) -> MeshInstant?
) async {
    let inbox = Inbox(sources: resolvers.count)
    await withDiscardingTaskGroup { group in
        for (source, resolver) in resolvers.enumerated() {
            group.addTask { await inbox.collect(from: resolver, as: source) }
        }
        var armed: MeshInstant?
        inbox.wake()
        for await _ in inbox.wakeUps {
            let mail = inbox.take()
            if let armedNow = armed, mail.rung.contains(armedNow) { armed = nil }
            let alarm = step(mail.news, clock.now)
            if let alarm, armed.map({ alarm < $0 }) ?? true {
                armed = alarm
                group.addTask {
                    try? await clock.sleep(until: alarm)
                    inbox.ring(alarm)
                }
            }
            if alarm == nil, mail.allEnded { break }
        }
        group.cancelAll()
    }
}

private final class Inbox: Sendable {
    struct Mail {
        var news: [(source: Int, news: News)] = []
        var rung: [MeshInstant] = []
        var allEnded = false
    }

    private struct Slot {
        var newest: Resolution?
        var end: End = .none

        enum End { case none, unread, read }
    }

    private struct State {
        var slots: [Slot]
        var rung: [MeshInstant] = []
    }

    private let state: Mutex<State>
    private let bell: AsyncStream<Void>.Continuation
    let wakeUps: AsyncStream<Void>

    init(sources: Int) {
        state = Mutex(State(slots: Array(repeating: Slot(), count: sources)))
        (wakeUps, bell) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    func wake() {
        bell.yield()
    }

    func ring(_ alarm: MeshInstant) {
        state.withLock { $0.rung.append(alarm) }
        wake()
    }

    func collect(from resolver: some Resolver, as source: Int) async {
        for await resolution in resolver.resolutions() {
            state.withLock { $0.slots[source].newest = resolution }
            wake()
        }
        state.withLock { $0.slots[source].end = .unread }
        wake()
    }

    func take() -> Mail {
        state.withLock { state in
            var mail = Mail()
            for source in state.slots.indices {
                if let newest = state.slots[source].newest {
                    mail.news.append((source, .answer(newest)))
                    state.slots[source].newest = nil
                }
                if state.slots[source].end == .unread {
                    mail.news.append((source, .end))
                    state.slots[source].end = .read
                }
            }
            mail.rung = state.rung
            state.rung = []
            mail.allEnded = state.slots.allSatisfy { $0.end == .read }
            return mail
        }
    }
}
