/// The headers that carry context, in lower case as the specifications want them sent.
public enum HeaderName {
    /// Which trace, and which operation of it.
    public static let traceparent = "traceparent"
    /// What tracing systems have to say to themselves.
    public static let tracestate = "tracestate"
    /// What the application carries.
    public static let baggage = "baggage"
}
