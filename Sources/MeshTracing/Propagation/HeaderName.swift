/// The headers that carry context, in lower case as the specifications want them sent.
enum HeaderName {
    /// Which trace, and which operation of it.
    static let traceparent = "traceparent"
    /// What tracing systems have to say to themselves.
    static let tracestate = "tracestate"
    /// What the application carries.
    static let baggage = "baggage"
}
