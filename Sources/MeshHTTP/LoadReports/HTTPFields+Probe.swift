#if HTTP
public import HTTPTypes
public import MeshCore

extension HTTPFields {
    /// The answer to a probe in these headers.
    ///
    /// - Returns: `nil` if there is none.
    /// - Throws: ``InvalidProbeResponseError``. The response is not to blame: ignore the answer.
    public func probeResponse() throws(InvalidProbeResponseError) -> ProbeResponse? {
        guard let name = HTTPField.Name(ProbeHeader.name), let value = self[values: name].first else { return nil }
        return try ProbeHeader.response(value)
    }

    /// Answers a probe, or tells the load on the back of an ordinary response.
    public mutating func setProbeResponse(_ response: ProbeResponse) {
        guard let name = HTTPField.Name(ProbeHeader.name) else { return }
        self[name] = ProbeHeader.text(for: response)
    }
}
#endif
