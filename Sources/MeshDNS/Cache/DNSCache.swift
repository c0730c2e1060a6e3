import MeshCore

/// Answers that may still be used. Bounded: when it is full, what expires first goes first.
struct DNSCache: Sendable {
    let capacity: Int
    private var answers: [DNSQuestion: DNSAnswer] = [:]

    init(capacity: Int) {
        self.capacity = capacity
    }

    /// How many answers there are, expired ones included.
    var count: Int { answers.count }

    /// The answer to `question`, if `freshness` lets it be used at `now`.
    func answer(to question: DNSQuestion, _ freshness: Freshness, at now: MeshInstant) -> DNSAnswer? {
        guard let answer = answers[question], answer.isUsable(freshness, at: now) else { return nil }
        return answer
    }

    /// Keeps an answer in place of an older one. One without a lifetime only removes that.
    ///
    /// - Complexity: O(1); O(n) when the cache is full.
    mutating func store(_ answer: DNSAnswer, at now: MeshInstant) {
        guard capacity > 0, answer.lifetime != nil else {
            answers[answer.question] = nil
            return
        }
        if answers.count >= capacity, answers[answer.question] == nil {
            answers = answers.filter { $0.value.isUsable(.unexpired, at: now) }
            if answers.count >= capacity, let first = answers.min(by: { $0.value.expiry < $1.value.expiry })?.key {
                answers[first] = nil
            }
        }
        answers[answer.question] = answer
    }
}

extension DNSAnswer {
    /// When it may no longer be used; when it was received, if it may not be cached at all.
    var expiry: MeshInstant { received.advanced(by: lifetime ?? .zero) }

    func isUsable(_ freshness: Freshness, at now: MeshInstant) -> Bool {
        switch freshness {
        case .unexpired: now < expiry
        case .comfortable: now < received.advanced(by: (lifetime ?? .zero) * 9 / 10)
        case .fromServer: false
        }
    }
}
