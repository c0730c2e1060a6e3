#if DNS
public import MeshCore

extension DNSClient {
    /// Creates a client that asks over sockets.
    ///
    /// - Parameters:
    ///   - environment: Where servers and hosts come from; by default the files of the machine.
    ///   - policy: Limits and intervals.
    ///   - clock: What measures time-outs and lifetimes.
    public convenience init(
        _ environment: DNSEnvironment = .machine,
        policy: DNSPolicy = DNSPolicy(),
        clock: MeshClock = .continuous
    ) {
        self.init(environment, policy: policy, exchange: SocketExchange(), clock: clock)
    }
}

extension DNSResolver {
    /// Creates a resolver that asks the name servers of the machine, or those of the target's authority, over sockets.
    ///
    /// - Parameters:
    ///   - target: What to ask for.
    ///   - policy: Limits and intervals.
    ///   - clock: What measures time-outs and lifetimes.
    ///   - random: Where jitter comes from.
    /// - Throws: `InvalidTargetError`; see ``init(_:client:random:)``.
    public convenience init(
        _ target: Target,
        policy: DNSPolicy = DNSPolicy(),
        clock: MeshClock = .continuous,
        random: RandomSource = RandomSource()
    ) throws(InvalidTargetError) {
        try self.init(target, client: DNSClient(policy: policy, clock: clock), random: random)
    }
}
#endif
