#if Transport && DNS && DEBUG
import HTTPTypes
import MeshCore
import NIOCore

@testable import MeshTransport

/// Responses of HTTP/1.1 into their parser: each whole and in pieces, and compared.
struct HTTP1Target: FuzzTarget {
    private static let mutator = Mutator(
        corpus: [
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nServer: x\r\nDate: Mon, 01 Jan 2024 00:00:00 GMT\r\n\r\nhello",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n1a\r\nabcdefghijklmnopqrstuvwxyz\r\n0\r\nX-T: y\r\n\r\n",
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\nVia: a, b\r\n\r\n",
            "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\nConnection: close\r\n\r\n",
            "HTTP/1.1 200 OK\r\nServer: old\r\n\r\nuntil the end",
            "HTTP/1.1 404\r\nContent-Length: 2\r\n\r\nno",
        ],
        tokens: [
            "\r\n", "\n", "\r", "\r\n\r\n", " ", "\t", ":", ";", "0", "-", "\u{0}", "\u{7F}", "0\r\n\r\n",
            "ffffffffffffffff",
            "Content-Length: 5\r\n", "Content-Length: 18446744073709551616\r\n", "Transfer-Encoding: chunked\r\n",
            "Connection: close\r\n", "HTTP/1.1 ", "HTTP/1.1 200 OK\r\n", "1\r\nx\r\n", "X: y\r\n", " folded\r\n",
        ]
    )

    private struct Reading: Equatable {
        var events: [String] = []
        var body: [UInt8] = []
        var error: MalformedResponse?
        /// What does not fit together.
        var fault: String?
    }

    func examine(using random: inout SplitMix64) -> Finding {
        let input = Self.mutator.input(of: 1...3, using: &random)
        let isHead = Int.random(in: 0..<8, using: &random) == 0
        let limits = ResponseParser.Limits(headBytes: 256, fieldCount: 6)
        let whole = Self.read([input[...]], isHead: isHead, limits)
        let inPieces = Self.read(input.pieces(using: &random), isHead: isHead, limits)
        if let fault = whole.fault ?? inPieces.fault { return Finding(input, .wrong(fault)) }
        guard whole == inPieces else { return Finding(input, .wrong("whole: \(whole)\nin pieces: \(inPieces)")) }
        return Finding(input, whole.error == nil ? .accepted : .refused)
    }

    /// Reads one response behind the other, as long as the connection lasts.
    private static func read(
        _ pieces: [ArraySlice<UInt8>],
        isHead: Bool,
        _ limits: ResponseParser.Limits
    ) -> Reading {
        var reading = Reading()
        var parser = ResponseParser(limits: limits)
        var buffer = ByteBuffer()
        var framing: ResponseFraming?
        var size: Int64 = 0
        parser.begin(method: isHead ? .head : .get)

        func take(_ event: ResponseParser.Event) {
            switch event {
            case .informational(let head):
                if framing != nil { reading.fault = "a 1xx response behind a head" }
                reading.events.append("\(head.status.code) \(head.headerFields.count)")
            case .head(let head, let found):
                if framing != nil { reading.fault = "two heads" }
                framing = found
                reading.events.append("\(head.status.code) \(head.headerFields) \(found) \(parser.keepsAlive)")
            case .body(let bytes):
                if framing == nil { reading.fault = "a body without a head" }
                if bytes.readableBytes == 0 { reading.fault = "an empty piece" }
                size += Int64(bytes.readableBytes)
                reading.body += bytes.readableBytesView
            case .end(let trailers):
                reading.events.append("end \(trailers.map { "\($0)" } ?? "-")")
            }
        }

        /// - Returns: Whether another response may follow.
        func endResponse() -> Bool {
            switch framing {
            case nil: reading.fault = "an end without a head"
            case .some(.none) where size > 0: reading.fault = "a body where there is none"
            case .length(let length) where length != size: reading.fault = "\(size) bytes instead of \(length)"
            default: break
            }
            reading.events.append("complete")
            guard parser.keepsAlive else { return false }
            framing = nil
            size = 0
            parser.begin(method: isHead ? .head : .get)
            return true
        }

        do throws(MalformedResponse) {
            for piece in pieces {
                buffer.writeBytes(piece)
                while true {
                    let before = buffer.readableBytes
                    let event = try parser.next(&buffer)
                    if buffer.readableBytes > before { reading.fault = "bytes came back" }
                    if let event { take(event) }
                    if parser.isFinished {
                        guard endResponse() else { return reading }
                    } else if event == nil {
                        break
                    }
                }
            }
            if !parser.isBeforeResponse, let event = try parser.nextAtEndOfStream() {
                take(event)
                _ = endResponse()
            }
        } catch {
            reading.error = error
            for _ in 0..<2 {
                do throws(MalformedResponse) {
                    let event = try parser.next(&buffer)
                    reading.fault = "an event after an error: \(String(describing: event))"
                } catch let again {
                    if again != error { reading.fault = "another error after \(error): \(again)" }
                }
            }
        }
        return reading
    }
}
#endif
