public import MeshCore

/// Sends one HTTP request to one endpoint.
///
/// Beyond the rules of `Transport`, a conformer
///
/// 1. connects to the address of the endpoint, but keeps the logical host of the request in `Host` (or `:authority`)
///    and, with TLS, as server name and as the name that the certificate must be for;
/// 2. returns when the head of the final response is in (1xx responses are skipped) and ends the response when its
///    last byte has *arrived*: a caller that is slow to read what is there does not count against the endpoint;
/// 3. returns every status as a response, 5xx included: whether it is a failure is for the classifier to say;
/// 4. follows no redirect and adds no tracing header of its own;
/// 5. throws errors that conform to `ClassifiedError`, a `CancellationError` when its task was cancelled, or the
///    `CancellationSignal.Reason` it was stopped with.
public protocol HTTPTransport<Request, Response>: Transport
where Request: HTTPRequestMessage, Response: HTTPResponseMessage {}
