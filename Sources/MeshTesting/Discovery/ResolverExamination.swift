import MeshCore
import MeshDiscovery
import Synchronization

/// How checking a rule ended, if not well.
enum Finding: Error {
    case violation(String)
    case notApplicable(String)
    case broken(any Error)
}

/// One subject under one rule.
struct Examination {
    let subject: ResolverConformance.Subject
    let patience: Duration

    private let one: EndpointSet = [Self.endpoint(1)]
    private let two: EndpointSet = [Self.endpoint(1), Self.endpoint(2)]
    private let three: EndpointSet = [Self.endpoint(3)]

    init(subject: ResolverConformance.Subject, patience: Duration) {
        self.subject = subject
        self.patience = patience
    }

    private static func endpoint(_ number: UInt32) -> Endpoint {
        Endpoint(.ip(.v4(0xC000_0200 + number), port: 80))
    }

    func check(_ rule: ResolverRule) async throws(Finding) {
        switch rule {
        case .beginsWithTheCurrentAnswer: try await beginsWithTheCurrentAnswer()
        case .yieldsWholeSets: try await yieldsWholeSets()
        case .yieldsEqualSetsOnce: try await yieldsEqualSetsOnce()
        case .emptyIsAnAnswer: try await emptyIsAnAnswer()
        case .failuresAreElements: try await failuresAreElements()
        case .announcesRecovery: try await announcesRecovery()
        case .survivesFailingAtTheStart: try await survivesFailingAtTheStart()
        case .iterationsAreIndependent: try await iterationsAreIndependent()
        case .slowReadersGetTheNewest: try await slowReadersGetTheNewest()
        case .endsWhenCancelled: try await endsWhenCancelled()
        case .freesResourcesWhenCancelled: try await freesResourcesWhenCancelled()
        case .freesResourcesWhenDropped: try await freesResourcesWhenDropped()
        }
    }

    // MARK: The rules

    private func beginsWithTheCurrentAnswer() async throws(Finding) {
        if subject.change != nil { try await change(to: one) }
        var expected: Resolution?
        for round in ["first", "second"] {
            try await listening { listener throws(Finding) in
                let answer = try await element(0, of: listener, "the first element of the \(round) iteration")
                if subject.change != nil, answer != .endpoints(one) {
                    throw .violation("the \(round) iteration began with \(text(answer)), not with the current set")
                }
                if let expected, answer != expected {
                    throw .violation(
                        "the second iteration began with \(text(answer)), the first with \(text(expected))"
                    )
                }
                expected = answer
            }
        }
        guard subject.change != nil else { return }
        try await change(to: two)
        try await listening { listener throws(Finding) in
            // A cache that is still valid may come first, but the newest answer must follow.
            try await wait("the current set after a change between iterations", listener) {
                $0.last == .endpoints(two)
            }
        }
    }

    private func yieldsWholeSets() async throws(Finding) {
        try await change(to: one)
        try await listening { listener throws(Finding) in
            for set in [one, two, three, one] {
                try await change(to: set)
                try await wait("the set \(text(.endpoints(set)))", listener) { $0.last == .endpoints(set) }
            }
        }
    }

    private func yieldsEqualSetsOnce() async throws(Finding) {
        try await change(to: one)
        try await listening { listener throws(Finding) in
            try await wait("the first set", listener) { $0.last == .endpoints(one) }
            for _ in 0..<3 {
                try await change(to: one)
                try await tick(20)
            }
            try await change(to: two)
            try await wait("the set after the change", listener) { $0.last == .endpoints(two) }
            let sets = listener.elements.filter { if case .endpoints = $0 { true } else { false } }
            for (earlier, later) in zip(sets, sets.dropFirst()) where earlier == later {
                throw .violation("\(text(later)) was yielded twice in a row")
            }
        }
    }

    private func emptyIsAnAnswer() async throws(Finding) {
        try await change(to: one)
        try await listening { listener throws(Finding) in
            try await wait("the first set", listener) { $0.last == .endpoints(one) }
            try await change(to: .empty)
            try await wait("an empty set", listener) { $0.last == .endpoints(.empty) }
            try await change(to: two)
            try await wait("the set after the empty one", listener) { $0.last == .endpoints(two) }
            try expectNoEnd(listener)
        }
    }

    private func failuresAreElements() async throws(Finding) {
        guard subject.fail != nil else { throw .notApplicable("the source cannot fail") }
        try await change(to: one)
        try await listening { listener throws(Finding) in
            try await wait("the first set", listener) { $0.last == .endpoints(one) }
            try await fail()
            try await wait("a failure", listener) { $0.last.isFailure }
            try await tick(20)
            try expectNoEnd(listener)
            try await change(to: two)
            try await wait("the set after the recovery", listener) { $0.last == .endpoints(two) }
        }
    }

    private func announcesRecovery() async throws(Finding) {
        guard subject.fail != nil else { throw .notApplicable("the source cannot fail") }
        try await change(to: one)
        try await listening { listener throws(Finding) in
            try await wait("the first set", listener) { $0.last == .endpoints(one) }
            try await fail()
            try await wait("a failure", listener) { $0.last.isFailure }
            try await change(to: one)
            try await wait("the same set after the recovery", listener) { $0.last == .endpoints(one) }
        }
    }

    private func survivesFailingAtTheStart() async throws(Finding) {
        guard subject.fail != nil else { throw .notApplicable("the source cannot fail") }
        guard subject.change != nil else { throw .notApplicable("the source cannot change") }
        try await fail()
        try await listening { listener throws(Finding) in
            try await wait("a failure", listener) { $0.last.isFailure }
            try await change(to: one)
            try await wait("the set after the recovery", listener) { $0.last == .endpoints(one) }
        }
    }

    private func iterationsAreIndependent() async throws(Finding) {
        try await change(to: one)
        try await listening { first throws(Finding) in
            try await listening { second throws(Finding) in
                try await wait("the first set in one iteration", first) { $0.last == .endpoints(one) }
                try await wait("the first set in another iteration", second) { $0.last == .endpoints(one) }
                try await change(to: two)
                try await wait("a change in one iteration", first) { $0.last == .endpoints(two) }
                try await wait("a change in another iteration", second) { $0.last == .endpoints(two) }
            }
            try await change(to: three)
            try await wait("a change after another iteration has ended", first) { $0.last == .endpoints(three) }
        }
    }

    private func slowReadersGetTheNewest() async throws(Finding) {
        try await change(to: one)
        let gate = Gate()
        try await listening(gate: gate) { listener throws(Finding) in
            try await wait("the first set", listener) { $0.last == .endpoints(one) }
            for set in [two, one, two, three] {
                try await change(to: set)
                try await tick(20)
            }
            gate.open()
            try await wait("the newest set", listener) { $0.last == .endpoints(three) }
            try await tick(20)
            guard listener.elements.last == .endpoints(three) else {
                throw .violation("behind the newest set came \(text(listener.elements.last))")
            }
        }
    }

    private func endsWhenCancelled() async throws(Finding) {
        if subject.change != nil { try await change(to: one) }
        try await listening { listener throws(Finding) in
            _ = try await element(0, of: listener, "a first element")
            listener.cancel()
            try await wait("the end after a cancellation") { listener.hasEnded }
        }
    }

    private func freesResourcesWhenCancelled() async throws(Finding) {
        let baseline = try await resources()
        if subject.change != nil { try await change(to: one) }
        try await listening { listener throws(Finding) in
            _ = try await element(0, of: listener, "a first element")
        }
        try await expectResources(baseline, "a cancellation")
    }

    private func freesResourcesWhenDropped() async throws(Finding) {
        let baseline = try await resources()
        func takeOne(_ resolver: some Resolver) async {
            for await _ in resolver.resolutions() { return }
        }
        if subject.change != nil { try await change(to: one) }
        let dropped = Flag()
        let task = Task { [resolver = subject.resolver] in
            await takeOne(resolver)
            dropped.raise()
        }
        defer { task.cancel() }
        try await wait("a first element") { dropped.isRaised }
        try await expectResources(baseline, "a drop")
    }
}

// MARK: - Levers

extension Examination {
    private func change(to set: EndpointSet) async throws(Finding) {
        guard let change = subject.change else { throw .notApplicable("the source cannot change") }
        do { try await change(set) } catch { throw .broken(error) }
    }

    private func fail() async throws(Finding) {
        do { try await subject.fail?() } catch { throw .broken(error) }
    }

    private func tick(_ times: Int = 1) async throws(Finding) {
        for _ in 0..<times {
            do { try await subject.tick() } catch { throw .broken(error) }
            await Task.yield()
        }
    }

    private func resources() async throws(Finding) -> Int {
        guard let resources = subject.resources else { throw .notApplicable("the resources cannot be counted") }
        return await resources()
    }
}

// MARK: - Expectations

extension Examination {
    private func wait(_ what: String, _ listener: Listener? = nil, until isMet: () async -> Bool) async throws(Finding)
    {
        let end = ContinuousClock.now.advanced(by: patience)
        var ticks = 0
        while await !isMet() {
            // On a starved machine time passes while the resolver has had no chance to run.
            guard ContinuousClock.now < end || ticks < 500 else {
                var message = "\(what) did not come within \(patience)"
                if let listener { message += "; the last element was \(text(listener.elements.last))" }
                throw .violation(message)
            }
            try await tick()
            ticks += 1
        }
    }

    private func wait(
        _ what: String,
        _ listener: Listener,
        until isMet: ([Resolution]) -> Bool
    ) async throws(Finding) {
        try await wait(what, Optional(listener)) { isMet(listener.elements) }
    }

    private func element(_ index: Int, of listener: Listener, _ what: String) async throws(Finding) -> Resolution {
        try await wait(what) { listener.elements.count > index }
        return listener.elements[index]
    }

    private func expectNoEnd(_ listener: Listener) throws(Finding) {
        if listener.hasEnded { throw .violation("the sequence ended though its source can still change") }
    }

    private func expectResources(_ expected: Int, _ cause: String) async throws(Finding) {
        try await wait("the release of all resources after \(cause)") { await subject.resources?() == expected }
    }

    private func text(_ resolution: Resolution?) -> String {
        switch resolution {
        case nil: "nothing"
        case .failure(let error): "the failure \"\(error)\""
        case .endpoints(let set): "\(set.endpoints)"
        }
    }
}

extension Resolution? {
    fileprivate var isFailure: Bool {
        if case .failure = self { true } else { false }
    }
}

// MARK: - Listening

extension Examination {
    /// Runs `body` while a task iterates the resolver; cancels it and waits for its end.
    private func listening(
        gate: Gate? = nil,
        _ body: (Listener) async throws(Finding) -> Void
    ) async throws(Finding) {
        let listener = Listener(subject.resolver, gate: gate)
        let result: Result<Void, Finding>
        do throws(Finding) {
            try await body(listener)
            result = .success(())
        } catch {
            result = .failure(error)
        }
        listener.cancel()
        gate?.open()
        try result.get()
        try await wait("the end after a cancellation") { listener.hasEnded }
    }
}

/// A task that writes down what a resolver yields.
private final class Listener: Sendable {
    private struct State {
        var elements: [Resolution] = []
        var hasEnded = false
    }

    private let state: Mutex<State>
    private let task: Mutex<Task<Void, Never>?> = Mutex(nil)

    /// - Parameter gate: What to wait for between the first element and the others.
    init(_ resolver: any Resolver, gate: Gate?) {
        state = Mutex(State())
        let task = Task { [self] in
            await listen(to: resolver, gate: gate)
            state.withLock { $0.hasEnded = true }
        }
        self.task.withLock { $0 = task }
    }

    private func listen(to resolver: some Resolver, gate: Gate?) async {
        for await resolution in resolver.resolutions() {
            state.withLock { $0.elements.append(resolution) }
            await gate?.passage()
        }
    }

    var elements: [Resolution] { state.withLock { $0.elements } }
    var hasEnded: Bool { state.withLock { $0.hasEnded } }

    func cancel() {
        task.withLock { $0 }?.cancel()
    }
}

private final class Gate: Sendable {
    private let flag = Flag()

    func open() { flag.raise() }

    func passage() async {
        while !flag.isRaised { await Task.yield() }
    }
}

private final class Flag: Sendable {
    private let value = Atomic(false)
    var isRaised: Bool { value.load(ordering: .acquiring) }
    func raise() { value.store(true, ordering: .releasing) }
}
