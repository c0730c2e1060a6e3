public import MeshCore
public import ServiceMesh

extension Mesh {
    /// A mesh with one service, `noop`, of `count` endpoints.
    public static func noOp(endpoints count: Int = 3) throws -> Mesh {
        let addresses = (0..<count).map { "10.\($0 >> 16).\($0 >> 8 & 255).\($0 & 255):80" }.joined(separator: ",")
        let target = try Target("static:///\(addresses)")
        return Mesh(MeshConfiguration(services: ["noop": ServiceConfiguration(target: target)]))
    }

    /// A client of the service `noop`, with the whole standard stack.
    public func noOpClient() throws -> ServiceClient<NoOpTransport, PlainClassifier<NoOpRequest, Int>> {
        try client(for: "noop", over: NoOpTransport(), classifier: PlainClassifier(.idempotent))
    }
}
