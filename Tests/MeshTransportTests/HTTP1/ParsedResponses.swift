#if Transport
import HTTPTypes
import NIOCore

@testable import MeshTransport

/// What a parser says about some bytes, with the pieces of a body joined.
struct Parsed: Equatable {
    struct Response: Equatable {
        var informational: [HTTPResponse] = []
        var head: HTTPResponse?
        var framing: ResponseFraming?
        var body: [UInt8] = []
        var trailers: HTTPFields?
        var isComplete = false
        var keepsAlive = false
    }

    var responses: [Response] = []
    var error: MalformedResponse?

    var text: [String] { responses.map { String(decoding: $0.body, as: UTF8.self) } }
}

/// Where bytes are cut when they are given to a parser.
enum Cutting {
    case whole
    case bytes
    case at(Int)
    case pieces([Int])

    func cut(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] {
        switch self {
        case .whole:
            return [bytes[...]]
        case .bytes:
            return bytes.indices.map { bytes[$0...$0] }
        case .at(let index):
            return [bytes[..<index], bytes[index...]]
        case .pieces(let lengths):
            var rest = bytes[...]
            var pieces: [ArraySlice<UInt8>] = []
            for length in lengths {
                pieces.append(rest.prefix(length))
                rest = rest.dropFirst(length)
            }
            return pieces + [rest]
        }
    }
}

extension Parsed {
    /// Parses the responses to requests with these methods, one behind the other, as a connection would.
    static func parse(
        _ bytes: [UInt8],
        methods: [HTTPRequest.Method] = [.get],
        limits: ResponseParser.Limits = .init(),
        cut: Cutting = .whole,
        endsStream: Bool = true
    ) -> Parsed {
        var parsed = Parsed()
        var parser = ResponseParser(limits: limits)
        var waiting = methods[...]
        func begin() {
            guard let method = waiting.popFirst() else { return }
            parser.begin(method: method)
            parsed.responses.append(Response())
        }
        func finishIfComplete() {
            guard parser.isFinished, parsed.responses.last?.isComplete == false else { return }
            parsed.responses[parsed.responses.count - 1].isComplete = true
            parsed.responses[parsed.responses.count - 1].keepsAlive = parser.keepsAlive
        }
        begin()
        do throws(MalformedResponse) {
            var buffer = ByteBuffer()
            for piece in cut.cut(bytes) {
                buffer.writeBytes(piece)
                repeat {
                    while let event = try parser.next(&buffer) { parsed.take(event) }
                    finishIfComplete()
                    guard parser.isFinished, !waiting.isEmpty else { break }
                    begin()
                } while true
            }
            if parser.isFinished, buffer.readableBytes > 0 { throw .unsolicited }
            if endsStream, !parser.isFinished {
                if let event = try parser.nextAtEndOfStream() { parsed.take(event) }
                finishIfComplete()
            }
        } catch {
            parsed.error = error
        }
        return parsed
    }

    static func parse(
        _ text: String,
        methods: [HTTPRequest.Method] = [.get],
        limits: ResponseParser.Limits = .init(),
        cut: Cutting = .whole,
        endsStream: Bool = true
    ) -> Parsed {
        parse(Array(text.utf8), methods: methods, limits: limits, cut: cut, endsStream: endsStream)
    }

    private mutating func take(_ event: ResponseParser.Event) {
        let last = responses.count - 1
        switch event {
        case .informational(let head):
            responses[last].informational.append(head)
        case .head(let head, let framing):
            responses[last].head = head
            responses[last].framing = framing
        case .body(let bytes):
            responses[last].body += bytes.readableBytesView
        case .end(let trailers):
            responses[last].trailers = trailers
        }
    }
}
#endif
