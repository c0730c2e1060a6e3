import MeshCore

/// The JSON document of ``FileResolver``.
enum EndpointDocument {
    /// Reads a document.
    ///
    /// - Complexity: O(n); about 5 us an endpoint.
    static func parse(_ bytes: [UInt8]) throws(FileError) -> EndpointSet {
        do throws(DocumentError) {
            return try document(bytes)
        } catch {
            throw .invalid(error)
        }
    }

    private static func document(_ bytes: [UInt8]) throws(DocumentError) -> EndpointSet {
        var reader = JSONReader(bytes)
        var endpoints: [Endpoint]?
        let start = try reader.position()
        try reader.object { reader, name throws(DocumentError) in
            switch name {
            case "endpoints": endpoints = try list(&reader)
            default: throw try unknown("endpoints", in: &reader)
            }
        }
        try reader.end()
        guard let endpoints else { throw reader.error("\"endpoints\" is missing", at: start) }
        return EndpointSet(endpoints)
    }

    private static func list(_ reader: inout JSONReader) throws(DocumentError) -> [Endpoint] {
        var endpoints: [Endpoint] = []
        var indices: [Address: Int] = [:]
        try reader.array { reader throws(DocumentError) in
            let start = try reader.position()
            let endpoint = try endpoint(&reader)
            if let first = indices.updateValue(endpoints.count, forKey: endpoint.address) {
                throw reader.error("\(endpoint.address) was listed before, as endpoints[\(first)]", at: start)
            }
            endpoints.append(endpoint)
        }
        return endpoints
    }

    private static func endpoint(_ reader: inout JSONReader) throws(DocumentError) -> Endpoint {
        var address: Address?
        var weight: UInt32 = 1
        var priority: UInt32 = 0
        var locality = Locality()
        var metadata: [String: String] = [:]
        var identity: ExpectedIdentity?
        let start = try reader.position()
        try reader.object { reader, name throws(DocumentError) in
            switch name {
            case "address": address = try self.address(&reader)
            case "weight": weight = try reader.integer()
            case "priority": priority = try reader.integer()
            case "locality": locality = try self.locality(&reader)
            case "metadata":
                try reader.object { reader, name throws(DocumentError) in metadata[name] = try reader.string() }
            case "identity": identity = try self.identity(&reader)
            default: throw try unknown("address, weight, priority, locality, metadata, identity", in: &reader)
            }
        }
        guard let address else { throw reader.error("\"address\" is missing", at: start) }
        return Endpoint(
            address,
            weight: weight,
            locality: locality == Locality() ? nil : locality,
            priority: priority,
            metadata: metadata,
            expectedIdentity: identity
        )
    }

    private static func address(_ reader: inout JSONReader) throws(DocumentError) -> Address {
        let start = try reader.position()
        let text = try reader.string()
        do {
            return try Address(text)
        } catch {
            throw reader.error("\(error)", at: start)
        }
    }

    private static func locality(_ reader: inout JSONReader) throws(DocumentError) -> Locality {
        var locality = Locality()
        try reader.object { reader, name throws(DocumentError) in
            switch name {
            case "region": locality.region = try reader.string()
            case "zone": locality.zone = try reader.string()
            case "subZone": locality.subZone = try reader.string()
            default: throw try unknown("region, zone, subZone", in: &reader)
            }
        }
        return locality
    }

    private static func identity(_ reader: inout JSONReader) throws(DocumentError) -> ExpectedIdentity {
        var identities: [ExpectedIdentity] = []
        let start = try reader.position()
        try reader.object { reader, name throws(DocumentError) in
            let start = try reader.position()
            switch name {
            case "spiffe":
                let id = try reader.string()
                guard id.hasPrefix("spiffe://"), id.utf8.count > 9, !id.hasPrefix("spiffe:///") else {
                    throw reader.error("a SPIFFE ID looks like spiffe://TRUST-DOMAIN/PATH", at: start)
                }
                identities.append(.spiffeID(id))
            case "spiffePattern":
                let pattern = try reader.string()
                guard pattern.hasPrefix("spiffe://"), pattern.dropFirst(9).dropLast().contains("/") else {
                    throw reader.error(
                        "a pattern of SPIFFE IDs looks like spiffe://TRUST-DOMAIN/ns/*/sa/users",
                        at: start
                    )
                }
                identities.append(.spiffePattern(pattern))
            case "trustDomain":
                let domain = try reader.string()
                guard !domain.isEmpty, !domain.contains("/") else {
                    throw reader.error("a trust domain is a name without scheme and path", at: start)
                }
                identities.append(.trustDomain(domain))
            case "dnsName":
                let name = try reader.string()
                guard !name.isEmpty else { throw reader.error("a DNS name must not be empty", at: start) }
                identities.append(.dnsName(name))
            default: throw try unknown("spiffe, spiffePattern, trustDomain, dnsName", in: &reader)
            }
        }
        guard let identity = identities.first, identities.count == 1 else {
            throw reader.error("there must be one of spiffe, spiffePattern, trustDomain, dnsName", at: start)
        }
        return identity
    }

    private static func unknown(_ known: String, in reader: inout JSONReader) throws(DocumentError) -> DocumentError {
        reader.error("this key is unknown; there are: \(known)", at: try reader.position())
    }
}
