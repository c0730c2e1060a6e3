import MeshCore
import MeshDiscovery
import Synchronization
import Testing

@testable import MeshTelemetry

@Suite struct MeshEventsTests {
    private static func updated(_ total: Int) -> MeshEvent {
        .endpointSetUpdated("users", added: 0, removed: 0, total: total)
    }

    @Test func `without a subscriber the event is not even made`() {
        let events = MeshEvents()
        let made = Atomic(0)
        func make() -> MeshEvent {
            made.wrappingAdd(1, ordering: .relaxed)
            return Self.updated(1)
        }
        events.publish(make())
        #expect(made.load(ordering: .relaxed) == 0)
        let subscription = events.subscribe()
        events.publish(make())
        #expect(made.load(ordering: .relaxed) == 1)
        withExtendedLifetime(subscription) {}
    }

    @Test func `every subscriber gets the events since it subscribed, in order`() async {
        let events = MeshEvents()
        let first = events.subscribe()
        events.publish(Self.updated(1))
        let second = events.subscribe()
        #expect(events.subscriberCount == 2)
        events.publish(Self.updated(2))
        events.publish(Self.updated(3))
        #expect(await first.prefix(3).collected() == [1, 2, 3].map(Self.updated))
        #expect(await second.prefix(2).collected() == [2, 3].map(Self.updated))
    }

    @Test func `a slow subscriber keeps the newest events and knows how many it lost`() async {
        let events = MeshEvents()
        let slow = events.subscribe(bufferingNewest: 2)
        let quick = events.subscribe()
        for total in 1...5 { events.publish(Self.updated(total)) }
        #expect(slow.droppedCount == 3)
        #expect(quick.droppedCount == 0)
        #expect(await slow.prefix(2).collected() == [4, 5].map(Self.updated))
    }

    @Test func `256 events wait by default`() {
        let events = MeshEvents()
        let subscription = events.subscribe()
        for total in 0..<256 { events.publish(Self.updated(total)) }
        #expect(subscription.droppedCount == 0)
        events.publish(Self.updated(256))
        #expect(subscription.droppedCount == 1)
    }

    @Test func `a subscription that is dropped frees its place`() {
        let events = MeshEvents()
        var subscription: EventSubscription? = events.subscribe()
        events.publish(Self.updated(1))
        #expect(events.subscriberCount == 1)
        #expect(subscription != nil)
        subscription = nil
        #expect(events.subscriberCount == 0)
    }

    @Test func `an iteration that is cancelled ends and frees its place`() async {
        let events = MeshEvents()
        let subscription = events.subscribe()
        let task = Task {
            var count = 0
            for await _ in subscription { count += 1 }
            return count
        }
        events.publish(Self.updated(1))
        task.cancel()
        #expect(await task.value <= 1)
        #expect(events.subscriberCount == 0)
    }

    @Test func `the end of the hub ends its subscriptions, after what was published`() async {
        var events: MeshEvents? = MeshEvents()
        let subscription = events?.subscribe()
        events?.publish(Self.updated(1))
        events = nil
        #expect(await subscription?.collected() == [Self.updated(1)])
    }

    @Test func `publishers on many tasks lose nothing that is not counted`() async {
        let events = MeshEvents()
        let subscription = events.subscribe(bufferingNewest: 100)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    for total in 0..<500 {
                        events.publish(Self.updated(total))
                        if total % 50 == 0 { _ = events.subscribe() }
                    }
                }
            }
        }
        #expect(subscription.droppedCount == 1900)
        #expect(await subscription.prefix(100).collected().count == 100)
        #expect(events.subscriberCount == 1)
        withExtendedLifetime(subscription) {}
    }

    @Test(
        "an event reads as one line",
        arguments: [
            (
                .endpointEjected("users", .unix(path: "/run/u"), reason: "5 failures in a row", duration: .seconds(30)),
                "users: unix:/run/u ejected for 30.0 seconds: 5 failures in a row"
            ),
            (.endpointReadmitted("users", .unix(path: "/run/u")), "users: unix:/run/u readmitted"),
            (
                .ejectionSuppressed("users", .unix(path: "/run/u"), reason: "half of its calls fail"),
                "users: unix:/run/u not ejected, too many are already: half of its calls fail"
            ),
            (.endpointSetUpdated("users", added: 2, removed: 1, total: 4), "users: 4 endpoints (2 added, 1 removed)"),
            (.endpointSetUpdated("users", added: 1, removed: 0, total: 1), "users: 1 endpoint (1 added, 0 removed)"),
            (
                .resolutionFailed("users", ResolutionError(source: "/etc/users.json", reason: "no such file")),
                "users: resolution failed, the last good endpoints stay: /etc/users.json: no such file"
            ),
            (.retryBudgetExhausted("users"), "users: the retry budget is exhausted"),
            (
                .panicEntered("users", available: 1, total: 5),
                "users: panic: only 1 of 5 endpoints available, calls go to all"
            ),
            (.panicLeft("users", available: 3, total: 5), "users: panic over: 3 of 5 endpoints available"),
            (
                .weightsIgnored("users", by: "prequal", lightest: 1, heaviest: 4),
                "users: endpoints have weights from 1 to 4, which prequal does not go by"
            ),
        ] as [(MeshEvent, String)]
    )
    func descriptions(event: MeshEvent, text: String) {
        #expect(event.description == text)
        #expect(event.service == "users")
    }
}

extension AsyncSequence where Failure == Never {
    /// All elements.
    func collected() async -> [Element] {
        var elements: [Element] = []
        for await element in self { elements.append(element) }
        return elements
    }
}
