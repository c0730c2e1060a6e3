import MeshCore
import MeshHTTP
import Testing

@Suite struct HTTPClassifierTests {
    let classifier = HTTPClassifier<StubRequest, StubResponse>(HTTPClassification(), wallClock: { 784_111_770 })

    @Test(
        "judges a status",
        arguments: [
            (200, .success), (204, .success), (304, .success), (400, .success), (404, .success), (408, .success),
            (429, Outcome(.overloaded, retry: .ifIdempotent)),
            (500, .failure), (501, .success), (505, .success), (511, .success),
            (502, .failure), (503, .failure), (504, .failure),
            (507, Outcome(.failure)), (599, Outcome(.failure)), (600, .success),
        ] as [(Int, Outcome)]
    )
    func status(code: Int, expected: Outcome) {
        #expect(classifier.outcome(of: StubResponse(statusCode: code), to: StubRequest()) == expected)
    }

    @Test(
        "Retry-After turns a 503 into an overload and is bounded",
        arguments: [
            (503, "30", Outcome(.overloaded, retry: .ifIdempotent, retryAfter: .seconds(30))),
            (429, "30", Outcome(.overloaded, retry: .ifIdempotent, retryAfter: .seconds(30))),
            (429, "86400", Outcome(.overloaded, retry: .ifIdempotent, retryAfter: .seconds(300))),
            (502, "1", Outcome(.failure, retry: .ifIdempotent, retryAfter: .seconds(1))),
            (503, "soon", .failure),
            (503, "Sun, 06 Nov 1994 08:49:37 GMT", Outcome(.overloaded, retry: .ifIdempotent, retryAfter: .seconds(7))),
            (200, "30", .success),
        ] as [(Int, String, Outcome)]
    )
    func retryAfter(code: Int, header: String, expected: Outcome) {
        let response = StubResponse(statusCode: code, headers: ["Retry-After": header])
        #expect(classifier.outcome(of: response, to: StubRequest()) == expected)
    }

    @Test("a Retry-After date is counted from the Date of the same response")
    func dateIsTheReference() {
        let response = StubResponse(
            statusCode: 503,
            headers: ["Retry-After": "Sun, 06 Nov 1994 08:49:37 GMT", "Date": "Sun, 06 Nov 1994 08:49:07 GMT"]
        )
        #expect(classifier.outcome(of: response, to: StubRequest()).retryAfter == .seconds(30))
    }

    @Test("a transport's error judges itself, any other is a failure")
    func errors() {
        struct Unknown: Error {}
        let own = Outcome(.inconclusive, retry: .neverSent)
        #expect(classifier.outcome(of: StubFailure(outcome: own), for: StubRequest()) == own)
        #expect(classifier.outcome(of: Unknown(), for: StubRequest()) == .failure)
        #expect(classifier.outcome(of: CancellationError(), for: StubRequest()) == .inconclusive)
        #expect(
            classifier.outcome(of: CancellationSignal.Reason.attemptTimedOut, for: StubRequest())
                == Outcome(.failure, retry: .ifIdempotent)
        )
    }

    @Test("a body that cannot be sent again rules out another try")
    func spentBody() {
        var request = StubRequest()
        request.canBeSentAgain = false
        #expect(classifier.outcome(of: StubResponse(statusCode: 503), to: request) == Outcome(.failure))
        let refused = StubFailure(outcome: Outcome(.failure, retry: .neverSent))
        #expect(classifier.outcome(of: refused, for: request) == Outcome(.failure))
    }

    @Test(
        "idempotency by method",
        arguments: [
            ("GET", Idempotency.idempotent), ("HEAD", .idempotent), ("OPTIONS", .idempotent), ("TRACE", .idempotent),
            ("PUT", .idempotent), ("DELETE", .idempotent), ("POST", .notIdempotent), ("PATCH", .notIdempotent),
            ("CONNECT", .notIdempotent), ("get", .notIdempotent), ("PURGE", .notIdempotent),
        ]
    )
    func methods(method: String, expected: Idempotency) {
        #expect(classifier.idempotency(of: StubRequest(methodName: method)) == expected)
    }

    @Test("a status below 400, or one that there is not, is refused in every set")
    func statusesWithoutEffect() async {
        await #expect(processExitsWith: .failure) { _ = HTTPClassification(failures: [200]) }
        await #expect(processExitsWith: .failure) { _ = HTTPClassification(overloadsWithRetryAfter: [1000]) }
        await #expect(processExitsWith: .failure) {
            var policy = HTTPClassification()
            policy.retryable.insert(399)
        }
        let policy = HTTPClassification(failures: [400, 999])
        #expect(policy.outcome(ofStatus: 999).verdict == .failure)
        #expect(policy.outcome(ofStatus: 400).verdict == .failure)
    }

    @Test("idempotency by key")
    func key() {
        var request = StubRequest(methodName: "POST")
        request.setHeader("idempotency-key", to: "")
        #expect(classifier.idempotency(of: request) == .notIdempotent)
        request.setHeader("idempotency-key", to: "8e03978e")
        #expect(classifier.idempotency(of: request) == .idempotent)
        let strict = HTTPClassifier<StubRequest, StubResponse>(HTTPClassification(idempotencyKeyHeader: nil))
        #expect(strict.idempotency(of: request) == .notIdempotent)
    }
}
