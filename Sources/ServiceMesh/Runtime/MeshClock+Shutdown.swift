import MeshAdmission
import MeshCore

extension MeshClock {
    /// The same time, but who sleeps by it is woken by the reason `shutDown` when the wheel shuts down.
    ///
    /// For pauses between attempts, which may be as long as an endpoint asks for. Not for paths that must be short: a
    /// sleep costs a task.
    func wakingWhenShutDown(by wheel: DeadlineWheel) -> MeshClock {
        MeshClock(
            Source(
                now: { now },
                sleep: { instant in
                    let signal = CancellationSignal()
                    let token = wheel.arm(signal, reason: .shutDown, at: .distantFuture)
                    defer {
                        wheel.disarm(token)
                        signal.finish()
                    }
                    try await signal.run(on: executor) { try await sleep(until: instant) }
                },
                executor: executor
            )
        )
    }
}
