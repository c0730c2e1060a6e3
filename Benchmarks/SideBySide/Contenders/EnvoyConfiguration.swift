#if AsyncHTTPClient && Transport
/// A sidecar that does what the mesh does in the process: balance by load, retry, break circuits, eject outliers.
struct EnvoyConfiguration: Sendable {
    let port: Int
    /// Each `HOST:PORT`.
    let addresses: [String]

    var yaml: String {
        """
        static_resources:
          listeners:
          - name: outbound
            address: {socket_address: {address: 127.0.0.1, port_value: \(port)}}
            filter_chains:
            - filters:
              - name: envoy.filters.network.http_connection_manager
                typed_config:
                  "@type": \(Self.type("filters.network.http_connection_manager.v3.HttpConnectionManager"))
                  stat_prefix: outbound
                  route_config:
                    virtual_hosts:
                    - name: backend
                      domains: ["*"]
                      routes:
                      - match: {prefix: "/"}
                        route: {cluster: backend, retry_policy: {retry_on: "5xx", num_retries: 2}}
                  http_filters:
                  - name: envoy.filters.http.router
                    typed_config: {"@type": \(Self.type("filters.http.router.v3.Router"))}
          clusters:
          - name: backend
            type: STATIC
            connect_timeout: 1s
            lb_policy: LEAST_REQUEST
            circuit_breakers:
              thresholds: [{max_connections: 20000, max_pending_requests: 20000, max_requests: 20000}]
            outlier_detection: {consecutive_5xx: 5}
            load_assignment:
              cluster_name: backend
              endpoints:
              - lb_endpoints:
        \(addresses.map(endpoint).joined(separator: "\n"))

        """
    }

    private func endpoint(_ address: String) -> String {
        let parts = address.split(separator: ":")
        return "        - endpoint: {address: {socket_address: {address: \(parts[0]), port_value: \(parts[1])}}}"
    }

    private static func type(_ name: String) -> String { "type.googleapis.com/envoy.extensions.\(name)" }
}
#endif
