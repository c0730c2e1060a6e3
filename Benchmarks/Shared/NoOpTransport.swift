public import MeshCore

/// A request for a transport that does nothing.
public struct NoOpRequest: HeaderCarrier {
    /// Creates it.
    public init() {}

    /// None.
    public func headerValues(_ name: String) -> [String] { [] }

    /// Forgotten.
    public mutating func setHeader(_ name: String, to value: String) {}
}

/// A transport whose endpoints answer at once: what is left of a call is the mesh.
public struct NoOpTransport: Transport {
    /// Creates it.
    public init() {}

    /// Answers 1.
    public func send(_ request: NoOpRequest, to endpoint: Endpoint, context: CallContext) async throws -> Int {
        await bareCall()
    }
}
