#if Transport
import MeshCore
import Testing

@testable import MeshTLS
@testable import MeshTransport

@Suite struct LateAlertTests {
    @Test(
        "an alert of TLS says that a request was not seen only where no HTTP had come in",
        arguments: [
            (.new, Outcome(.failure, retry: .neverSent)), (.reused, Outcome(.inconclusive, retry: .ifIdempotent)),
            (.heard, Outcome(.failure, retry: .ifIdempotent)),
        ] as [(ConnectionHistory, Outcome)]
    )
    func lateAlert(_ history: ConnectionHistory, outcome: Outcome) {
        let address = Address.host("users", port: 443)
        let alert = TLSError(.refusedByPeer, "the peer refused our certificate")
        #expect(TransportError.broken(history, alert, at: address).outcome == outcome)
        let other: Outcome = history == .new ? .failure : outcome
        #expect(TransportError.broken(history, nil, at: address).outcome == other)
    }
}
#endif
