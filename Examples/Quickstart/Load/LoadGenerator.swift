#if AsyncHTTPClient
import AsyncHTTPClient
import NIOHTTP1

/// Open-loop load: a slow answer delays no later call, and a call's latency counts from the moment it was due.
///
/// A closed loop would send less to a slow service and so hide how slow it is ("coordinated omission").
struct LoadGenerator: Sendable {
    let greeter: any Greeter
    let schedule: ArrivalSchedule
    let scores: Scoreboard

    /// Makes all calls of the schedule and returns when the last has ended.
    func run(from start: ContinuousClock.Instant) async {
        let clock = ContinuousClock()
        await withDiscardingTaskGroup { calls in
            for number in 0..<schedule.count {
                let due = start + schedule.offset(ofCall: number)
                guard (try? await clock.sleep(until: due, tolerance: .zero)) != nil else { return }
                scores.began(late: clock.now - due)
                calls.addTask {
                    let outcome = await call()
                    scores.ended(after: clock.now - due, outcome)
                }
            }
        }
    }

    private func call() async -> CallOutcome {
        do {
            let response = try await greeter.hello()
            _ = try await response.body.collect(upTo: 1024)
            return CallOutcome(
                answeredBy: response.headers.first(name: "server"),
                failure: response.status == .ok ? nil : "status \(response.status.code)"
            )
        } catch {
            return CallOutcome(answeredBy: nil, failure: failureReason(error))
        }
    }
}

/// What became of one call.
struct CallOutcome: Sendable {
    /// The endpoint that answered, if one did.
    let answeredBy: String?
    /// `nil` for a call that got its greeting, else why it did not.
    let failure: String?
}
#endif
