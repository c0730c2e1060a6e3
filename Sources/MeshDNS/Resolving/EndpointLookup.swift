import MeshCore

/// Puts the answers to several questions together to a set of endpoints.
///
/// Remembers the last good answers of one iteration: where a part of the whole cannot be asked for, its last answer is
/// used for as long as that lasts.
struct EndpointLookup: Sendable {
    /// What was found.
    struct Found: Sendable {
        var endpoints: EndpointSet
        var parts: [ResolutionSchedule.Part]
        var completeness: ResolutionSchedule.Completeness
    }

    private typealias Outcomes = [DNSQuestion: Result<DNSAnswer, DNSLookupError>]
    private typealias Addresses = [DNSQuestion: [IPAddress]]

    private let client: DNSClient
    private var remembered: Addresses = [:]

    init(client: DNSClient) {
        self.client = client
    }

    /// The addresses of the first of the names that `name` may stand for.
    ///
    /// - Throws: ``DNSLookupError``, ``DNSError`` if `name` is none, `CancellationError`.
    mutating func addresses(of name: String, port: UInt16, _ freshness: Freshness) async throws -> Found {
        if let listed = client.hosts.addresses(of: try DNSName(name)) {
            let part = ResolutionSchedule.Part(since: client.clock.now, lifetime: client.policy.hostsLifetime)
            let endpoints = EndpointSet(addresses: listed.filter(client.policy.wants), port: port)
            return Found(endpoints: endpoints, parts: [part], completeness: .whole)
        }
        let types = client.policy.addressTypes
        var negative: [DNSAnswer] = []
        for candidate in try client.configuration.candidates(for: name) {
            let questions = types.map { DNSQuestion(candidate, $0) }
            let outcomes = try await ask(questions, freshness)
            let answers = questions.compactMap { try? outcomes[$0]?.get() }
            if answers.contains(where: { !$0.addresses.isEmpty }) {
                let (used, completeness) = complete(outcomes, about: [candidate])
                return Found(
                    endpoints: EndpointSet(addresses: used.values.flatMap { $0 }, port: port),
                    parts: (answers + negative).compactMap(\.part),
                    completeness: completeness
                )
            }
            // A name that could not be asked for may exist: a later candidate would be another service.
            for question in questions { negative.append(try outcomes[question]!.get()) }
        }
        remembered = [:]
        return Found(endpoints: .empty, parts: negative.compactMap(\.part), completeness: .whole)
    }

    /// The services under the first of the names that `name` may stand for.
    ///
    /// - Throws: ``DNSLookupError``, ``DNSError`` if `name` is none, `CancellationError`.
    mutating func services(_ name: String, _ freshness: Freshness) async throws -> Found {
        var parts: [ResolutionSchedule.Part] = []
        for candidate in try client.configuration.candidates(for: name) {
            let answer = try await client.lookup(candidate, .srv, freshness)
            if let part = answer.part { parts.append(part) }
            let services = answer.records.compactMap { record in
                if case .service(let service) = record.data { service } else { nil }
            }
            guard !services.isEmpty else { continue }
            return try await endpoints(of: services, in: answer, parts: parts, freshness)
        }
        remembered = [:]
        return Found(endpoints: .empty, parts: parts, completeness: .whole)
    }

    private mutating func endpoints(
        of services: [DNSService],
        in answer: DNSAnswer,
        parts: [ResolutionSchedule.Part],
        _ freshness: Freshness
    ) async throws -> Found {
        let policy = client.policy
        let hosts = client.hosts
        let now = client.clock.now
        var parts = parts
        var addresses: [DNSName: [IPAddress]] = [:]
        var additional: Addresses = [:]
        var questions: [DNSQuestion] = []
        let targets = Set(services.map(\.target))
        for target in targets where !target.isRoot {
            if let listed = hosts.addresses(of: target) {
                addresses[target] = listed.filter(policy.wants)
                parts.append(ResolutionSchedule.Part(since: now, lifetime: policy.hostsLifetime))
                continue
            }
            for type in policy.addressTypes {
                let records = answer.additional.filter { $0.name == target && $0.type == type }
                let ttl = records.map(\.ttl).min() ?? 0
                let part = ResolutionSchedule.Part(
                    since: answer.received,
                    lifetime: policy.lifetime(of: .records(records), ttl: ttl)
                )
                if !records.isEmpty, now < part.since.advanced(by: part.lifetime) {
                    additional[DNSQuestion(target, type)] = records.compactMap(\.address)
                    parts.append(part)
                } else {
                    questions.append(DNSQuestion(target, type))
                }
            }
        }
        let outcomes = try await ask(questions, freshness)
        let (used, completeness) = complete(outcomes, with: additional, about: targets)
        for (question, found) in used { addresses[question.name, default: []] += found }
        let endpoints = EndpointSet(services: services, addresses: addresses)

        let failures = outcomes.values.compactMap { if case .failure(let error) = $0 { error } else { nil } }
        // If no address could be found out, the set is not empty but unknown; the first error stands for all.
        if endpoints.isEmpty, let first = failures.min(by: { "\($0.question)" < "\($1.question)" }) { throw first }
        parts += outcomes.values.compactMap { try? $0.get().part }
        return Found(endpoints: endpoints, parts: parts, completeness: completeness)
    }
}

extension EndpointLookup {
    /// What was found out, asked for or not, with remembered addresses in place of failures. Remembers it for the next
    /// time, and forgets what it knew about any other name.
    private mutating func complete(
        _ outcomes: Outcomes,
        with known: Addresses = [:],
        about names: Set<DNSName>
    ) -> (Addresses, ResolutionSchedule.Completeness) {
        var used = known
        var completeness = ResolutionSchedule.Completeness.whole
        for (question, outcome) in outcomes {
            switch outcome {
            case .success(let answer): used[question] = answer.addresses
            case .failure:
                completeness = .partial
                used[question] = remembered[question]
            }
        }
        remembered = remembered.filter { names.contains($0.key.name) }.merging(used) { $1 }
        return (used, completeness)
    }

    /// Asks several questions, a few at a time.
    ///
    /// - Throws: `CancellationError`.
    private func ask(_ questions: [DNSQuestion], _ freshness: Freshness) async throws -> Outcomes {
        try await withThrowingTaskGroup(of: (DNSQuestion, Result<DNSAnswer, DNSLookupError>).self) { [client] group in
            var remaining = questions[...]
            func addNext() {
                guard let question = remaining.popFirst() else { return }
                group.addTask {
                    do {
                        return (question, .success(try await client.lookup(question.name, question.type, freshness)))
                    } catch let error as DNSLookupError {
                        return (question, .failure(error))
                    }
                }
            }
            for _ in 0..<max(client.policy.concurrentLookups, 2) { addNext() }
            var outcomes: Outcomes = [:]
            for try await (question, outcome) in group {
                outcomes[question] = outcome
                addNext()
            }
            return outcomes
        }
    }
}

extension DNSAnswer {
    /// How long it holds; `nil` if nobody says so.
    fileprivate var part: ResolutionSchedule.Part? {
        lifetime.map { ResolutionSchedule.Part(since: received, lifetime: $0) }
    }
}

extension DNSRecord {
    fileprivate var address: IPAddress? {
        if case .address(let address) = data { address } else { nil }
    }
}

extension DNSPolicy {
    fileprivate func wants(_ address: IPAddress) -> Bool {
        switch address {
        case .v4: addressFamilies.contains(.v4)
        case .v6: addressFamilies.contains(.v6)
        }
    }
}
