import MeshCore
import Testing

@Suite("Mesh errors")
struct MeshErrorTests {
    private struct Cause: Error, CustomStringConvertible {
        let description: String
    }

    @Test("one line says service, endpoint, cause and time")
    func oneAttempt() {
        let error = MeshError(
            .attemptsFailed,
            service: "users",
            attempts: [
                MeshError.FailedAttempt(
                    address: .host("a", port: 80),
                    cause: Cause(description: "refused"),
                    duration: .microseconds(1_500)
                )
            ],
            elapsed: .milliseconds(2)
        )
        #expect("\(error)" == "users: the call failed after 2 ms: a:80: refused after 1.5 ms")
        #expect((error.lastCause as? Cause)?.description == "refused")
    }

    @Test("several attempts are numbered")
    func severalAttempts() {
        let error = MeshError(
            .attemptsFailed,
            service: "users",
            attempts: [
                MeshError.FailedAttempt(
                    address: .host("a", port: 80),
                    cause: Cause(description: "refused"),
                    duration: .zero
                ),
                MeshError.FailedAttempt(address: nil, cause: Cause(description: "no idea"), duration: .seconds(2)),
            ],
            detail: "the budget is empty"
        )
        #expect(
            "\(error)" == "users: all 2 attempts failed (the budget is empty): "
                + "1. a:80: refused after 0 ns; 2. no endpoint: no idea after 2 s"
        )
    }

    @Test(
        "every code has a phrase",
        arguments: [
            (MeshError.Code.noEndpoints, "users: no endpoints"),
            (.unavailable, "users: no endpoint is available"),
            (.deadlineExceeded, "users: the deadline was exceeded"),
            (.invalidRequest, "users: the request cannot be sent"),
            (.shutDown, "users: the mesh has shut down"),
        ]
    )
    func codes(code: MeshError.Code, text: String) {
        let error = MeshError(code, service: "users")
        #expect("\(error)" == text)
        #expect(error.lastCause == nil)
    }

    @Test(
        "times are printed with one decimal at most",
        arguments: [
            (Duration.zero, "0 ns"), (.nanoseconds(999), "999 ns"), (.nanoseconds(1_000), "1 us"),
            (.nanoseconds(1_099), "1 us"), (.nanoseconds(999_999), "999.9 us"), (.microseconds(1_000), "1 ms"),
            (.milliseconds(999), "999 ms"), (.milliseconds(1_050), "1 s"), (.milliseconds(1_100), "1.1 s"),
            (.seconds(3_600), "3600 s"), (.milliseconds(-1_500), "-1.5 s"), (.seconds(Int64.max), "9223372036.8 s"),
            (.seconds(Int64.min), "-9223372036.8 s"),
        ]
    )
    func times(duration: Duration, text: String) {
        let attempt = MeshError.FailedAttempt(address: nil, cause: Cause(description: "x"), duration: duration)
        #expect("\(attempt)" == "no endpoint: x after \(text)")
    }
}
