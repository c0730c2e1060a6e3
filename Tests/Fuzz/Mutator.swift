#if Transport && DEBUG
import MeshCore

/// Makes inputs out of responses that are in order.
enum Mutator {
    private static let corpus: [[UInt8]] = [
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nServer: x\r\nDate: Mon, 01 Jan 2024 00:00:00 GMT\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n1a\r\nabcdefghijklmnopqrstuvwxyz\r\n0\r\nX-T: y\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\nVia: a, b\r\n\r\n",
        "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\nConnection: close\r\n\r\n",
        "HTTP/1.1 200 OK\r\nServer: old\r\n\r\nuntil the end",
        "HTTP/1.1 404\r\nContent-Length: 2\r\n\r\nno",
    ].map { Array($0.utf8) }

    private static let tokens: [[UInt8]] = [
        "\r\n", "\n", "\r", "\r\n\r\n", " ", "\t", ":", ";", "0", "-", "\u{0}", "\u{7F}", "0\r\n\r\n",
        "ffffffffffffffff",
        "Content-Length: 5\r\n", "Content-Length: 18446744073709551616\r\n", "Transfer-Encoding: chunked\r\n",
        "Connection: close\r\n", "HTTP/1.1 ", "HTTP/1.1 200 OK\r\n", "1\r\nx\r\n", "X: y\r\n", " folded\r\n",
    ].map { Array($0.utf8) }

    static func input(using random: inout SplitMix64) -> [UInt8] {
        var input: [UInt8] = []
        for _ in 0...Int.random(in: 0...2, using: &random) { input += corpus.randomElement(using: &random) ?? [] }
        for _ in 0..<Int.random(in: 0...6, using: &random) { mutate(&input, using: &random) }
        return input
    }

    private static func mutate(_ input: inout [UInt8], using random: inout SplitMix64) {
        let place = Int.random(in: 0...input.count, using: &random)
        let end = min(input.count, place + Int.random(in: 0...24, using: &random))
        switch Int.random(in: 0..<7, using: &random) {
        case 0 where place < input.count:
            input[place] = UInt8.random(in: .min ... .max, using: &random)
        case 1 where place < input.count:
            input[place] ^= 1 << UInt8.random(in: 0...7, using: &random)
        case 2:
            input.removeSubrange(place..<end)
        case 3:
            input.insert(contentsOf: Array(input[place..<end]), at: place)
        case 4:
            input.removeSubrange(place...)
        default:
            input.insert(contentsOf: tokens.randomElement(using: &random) ?? [], at: place)
        }
    }
}
#endif
