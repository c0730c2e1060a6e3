/// Why a connection closed.
public enum CloseReason: String, Hashable, Sendable, CaseIterable {
    /// It had no call for as long as connections may rest.
    case idle
    /// It was as old as connections may become, or had no stream numbers left.
    case aged
    /// One side had said that it ends: `Connection: close` in a request or response, HTTP/1.0, a GOAWAY without a complaint.
    case announced
    /// The endpoint closed it without a word.
    case remote
    /// A call in HTTP/1.1 was given up: it was cancelled, out of time, answered before its body was sent, its body failed, or its
    /// response was not read to the end.
    case abandoned
    /// Its endpoint is not in the set any more.
    case retired
    /// The transport was shut down.
    case shutDown = "shut_down"
    /// It failed, or one side broke the rules; the error says more. With TLS also an endpoint, or a load balancer before it, that closes
    /// without the alert that it should send.
    case broken
}
