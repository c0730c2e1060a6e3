#if Transport && DEBUG
import HTTPTypes
import MeshCore
import NIOCore

@testable import MeshTransport

/// Parses one input whole and in pieces, and compares.
struct Examination {
    enum Verdict {
        case accepted
        case refused
        case wrong(String)
    }

    private struct Reading: Equatable {
        var events: [String] = []
        var body: [UInt8] = []
        var error: MalformedResponse?
        /// What does not fit together.
        var fault: String?
    }

    let verdict: Verdict

    init(of input: [UInt8], using random: inout SplitMix64) {
        let isHead = Int.random(in: 0..<8, using: &random) == 0
        let limits = ResponseParser.Limits(headBytes: 256, fieldCount: 6)
        let whole = Self.read([input[...]], isHead: isHead, limits)
        var pieces: [ArraySlice<UInt8>] = []
        var rest = input[...]
        let longest = [1, 3, 40].randomElement(using: &random) ?? 1
        while !rest.isEmpty {
            let length = Int.random(in: 1...longest, using: &random)
            pieces.append(rest.prefix(length))
            rest = rest.dropFirst(length)
        }
        let inPieces = Self.read(pieces, isHead: isHead, limits)
        if let fault = whole.fault ?? inPieces.fault {
            verdict = .wrong(fault)
        } else if whole != inPieces {
            verdict = .wrong("whole: \(whole)\nin pieces: \(inPieces)")
        } else {
            verdict = whole.error == nil ? .accepted : .refused
        }
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
