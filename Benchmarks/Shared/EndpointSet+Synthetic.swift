public import MeshCore

extension EndpointSet {
    /// As many endpoints as asked for, with addresses of their own in 10.0.0.0/8.
    public static func synthetic(_ count: Int) -> EndpointSet {
        EndpointSet((0..<count).map { Endpoint(.ip(.v4(10 << 24 | UInt32($0)), port: 80)) })
    }
}
