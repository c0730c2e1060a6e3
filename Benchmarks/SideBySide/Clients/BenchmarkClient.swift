#if AsyncHTTPClient && Transport
/// A client under test.
protocol BenchmarkClient: Sendable {
    /// One GET: status 200, and the whole body read. Anything else throws.
    func get() async throws

    /// Where the tasks that call ``get()`` run, in turns; empty for the global executor. A client whose connections belong
    /// to event loops can save the hops between them and its callers.
    var callerExecutors: [any TaskExecutor] { get }

    func shutdown() async throws
}

extension BenchmarkClient {
    var callerExecutors: [any TaskExecutor] { [] }

    /// The executor of one of many callers.
    func executor(ofCaller number: Int) -> (any TaskExecutor)? {
        let executors = callerExecutors
        return executors.isEmpty ? nil : executors[number % executors.count]
    }
}

/// A client whose idle connections can be counted.
protocol ConnectionHolder: Sendable {
    /// Opens this many connections to the backends and leaves them idle. May return before the last one is open.
    func openConnections(_ count: Int) async throws

    func shutdown() async throws
}

/// What the client is up against.
struct Load: Sendable {
    /// `HOST:PORT` of each endpoint; clients that do not balance take the first.
    let addresses: [String]
    /// What to GET.
    let path: String
    /// Calls that may be under way at any time. No client may hold calls back below this number.
    let inFlight: Int
    /// For the kinds of backend that speak TLS.
    let credentials: Credentials
}

/// The backend answered, but not as it should.
struct UnexpectedStatus: Error {
    let code: UInt
}
#endif
