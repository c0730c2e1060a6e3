#if Transport && DNS && DEBUG
import Foundation
import MeshCore

@testable import MeshFileDiscovery

/// Files of endpoints, compared with what Foundation takes for JSON.
struct DocumentTarget: FuzzTarget {
    private let mutator = Mutator(
        corpus: [
            #"{"endpoints": []}"#,
            #"{"endpoints": [{"address": "10.0.0.1:80", "weight": 4294967295, "priority": 1}]}"#,
            #"{"endpoints": [{"address": "[fd00::1]:80", "metadata": {"version": "\u00e9\ud83d\ude00\n\"\\\/"}}]}"#,
            #"{"endpoints": [{"address": "a:1"}, {"address": "unix:/run/a", "locality": {"zone": "b", "subZone": ""}}]}"#,
            #"{"endpoints": [{"address": "a:1", "identity": {"spiffe": "spiffe://prod.example/users"}}]}"#,
            #"{"endpoints": [{"address": "a:1", "identity": {"dnsName": "users.example"}}]}"#,
        ],
        tokens: [
            "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u", "\\ud83d", "\\u0000", "null", "true", "-", "0", "1e9",
            "4294967296", "00", " ", "\r\n", "\u{FEFF}", "\u{0}", "\u{7F}", "\u{202E}", "é", "{\"address\": \"b:2\"}",
            "\"address\": \"c:3\"", "\"weight\": 0", "\"nonsense\": {}", String(repeating: "[", count: 600),
        ]
    )

    func examine(using random: inout SplitMix64) -> Finding {
        var bytes = mutator.input(of: 1...1, using: &random)
        // Not every byte is a character.
        if Int.random(in: 0..<8, using: &random) == 0, let place = bytes.indices.randomElement(using: &random) {
            bytes[place] = UInt8.random(in: 0x80...0xFF, using: &random)
        }
        func wrong(_ what: String) -> Finding { Finding(bytes, .wrong(what)) }
        do throws(FileError) {
            let set = try EndpointDocument.parse(bytes)
            guard (try? JSONSerialization.jsonObject(with: Data(bytes))) != nil else {
                return wrong("Foundation does not read it")
            }
            guard Set(set.endpoints.map(\.address)).count == set.count else { return wrong("an address twice") }
            return Finding(bytes, .accepted)
        } catch {
            guard case .invalid(let error) = error else { return wrong("the error \(error)") }
            let text = "\(error)"
            let isClean = text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
            guard error.line > 0, error.column > 0, text.utf8.count < 16_384, isClean else {
                return wrong("an error that cannot be shown: \(text.debugDescription)")
            }
            return Finding(bytes, .refused)
        }
    }
}
#endif
