#if AsyncHTTPClient && Transport
/// Backends and clients while a run lasts.
struct Stage: Sendable {
    let backends: Backends
    let field: Field

    /// Sets up what the clients need, and takes it down again whatever happens: an error or a signal.
    static func run<Result>(
        _ kinds: [ClientKind],
        http2: Backends.HTTP2Server,
        _ body: (Stage) throws -> Result
    ) throws -> Result {
        if Conditions.isDebugBuild { Progress.say(Conditions.debugWarning) }
        FileLimit.raise()
        let cleanUp = CleanUp()
        let guardian = SignalGuard { cleanUp.run() }
        defer {
            cleanUp.run()
            guardian.cancel()
        }
        let backends = try Backends.start(http2: http2, cleanUp)
        return try body(Stage(backends: backends, field: Field.ready(kinds, on: backends, cleanUp)))
    }
}
#endif
