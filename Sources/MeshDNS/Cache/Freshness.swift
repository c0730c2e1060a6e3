/// How old an answer from the cache may be.
public enum Freshness: Hashable, Sendable {
    /// Any that has not expired.
    case unexpired
    /// Any but those in the last tenth of their lifetime: for whoever asks ahead of time, as Unbound's `prefetch` does.
    case comfortable
    /// None: a server must be asked.
    case fromServer
}
