#if Transport
import HTTPTypes
import NIOHPACK

/// Reads the fields of responses and trailers of one connection, and refuses what is malformed (RFC 9113, 8.1.1).
///
/// Fields are compared with those of the response before, one by one: servers send the same ones again and again, and one
/// that has not changed costs a comparison of strings that are often the same in memory.
struct ResponseFields {
    struct Head {
        let response: HTTPResponse
        /// What `Content-Length` says.
        let length: Int64?
        /// As SETTINGS_MAX_HEADER_LIST_SIZE counts it.
        let size: Int
    }

    private let limits: ResponseParser.Limits
    private var cache = Cache()

    init(limits: ResponseParser.Limits) {
        self.limits = limits
    }

    mutating func head(_ headers: HPACKHeaders) throws(MalformedResponse) -> Head {
        var status: HTTPResponse.Status?
        var length: Int64?
        let (fields, size) = try read(headers) { name, value throws(MalformedResponse) in
            guard name == ":status" else { throw .http2("the pseudo-field \(name.quoted) in a response") }
            guard status == nil else { throw .http2("two fields \":status\"") }
            status = try Self.status(value)
        } length: { new throws(MalformedResponse) in
            guard length == nil || length == new else { throw .contentLength }
            length = new
        }
        guard let status else { throw .http2("no field \":status\"") }
        return Head(response: HTTPResponse(status: status, headerFields: fields), length: length, size: size)
    }

    mutating func trailers(_ headers: HPACKHeaders) throws(MalformedResponse) -> HTTPFields? {
        let (fields, _) = try read(headers) { name, _ throws(MalformedResponse) in
            throw .http2("the pseudo-field \(name.quoted) in trailers")
        } length: { _ in
        }
        return fields.isEmpty ? nil : fields
    }

    private mutating func read(
        _ headers: HPACKHeaders,
        pseudoField: (String, String) throws(MalformedResponse) -> Void,
        length: (Int64) throws(MalformedResponse) -> Void
    ) throws(MalformedResponse) -> (HTTPFields, size: Int) {
        var fields = HTTPFields()
        var size = 0
        cache.rewind()
        for (name, value, _) in headers {
            // The size of a field as SETTINGS_MAX_HEADER_LIST_SIZE counts it (RFC 9113, 6.5.2).
            size += name.utf8.count + value.utf8.count + 32
            guard size <= limits.headBytes else { throw .headTooLarge(limits.headBytes) }
            if name.utf8.first == UInt8(ascii: ":") {
                guard fields.isEmpty else { throw .http2("the pseudo-field \(name.quoted) behind other fields") }
                try pseudoField(name, value)
                continue
            }
            guard fields.count < limits.fieldCount else { throw .tooManyFields(limits.fieldCount) }
            let line = try cache.next(name, value)
            if let new = line.length { try length(new) }
            fields.append(line.field)
        }
        return (fields, size)
    }

    private static func status(_ text: String) throws(MalformedResponse) -> HTTPResponse.Status {
        if text == "200" { return HTTPResponse.Status(code: 200, reasonPhrase: "") }
        guard text.utf8.count == 3, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let code = Int(text),
            code >= 100
        else { throw .http2("the status \(text.quoted)") }
        return HTTPResponse.Status(code: code, reasonPhrase: "")
    }
}

extension ResponseFields {
    /// One field, and what it says about the length of the body.
    fileprivate struct Line {
        let field: HTTPField
        let length: Int64?

        init(_ name: String, _ value: String) throws(MalformedResponse) {
            let isValid = name.utf8.allSatisfy { FieldLine.isTokenByte($0) && !(0x41...0x5A).contains($0) }
            guard isValid, !name.isEmpty, let fieldName = HTTPField.Name(name) else {
                throw .http2("the field name \(name.quoted)")
            }
            switch name {
            case "connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade":
                throw .http2("the field \(name.quoted), which concerns a connection")
            default: break
            }
            guard value.utf8.allSatisfy(FieldLine.isValueByte), !Self.isBlank(value.utf8.first),
                !Self.isBlank(value.utf8.last)
            else { throw .fieldValue(name) }
            field = HTTPField(name: fieldName, lenientValue: value.utf8)
            length = name == "content-length" ? try Self.length(value) : nil
        }

        private static func length(_ value: String) throws(MalformedResponse) -> Int64 {
            var value = value
            do {
                return try value.withUTF8 { try FieldLine.length(UnsafeRawBufferPointer($0)) }
            } catch {
                throw .contentLength
            }
        }

        private static func isBlank(_ byte: UInt8?) -> Bool { byte == 0x20 || byte == 0x09 }
    }

    /// The fields of the last response in their order.
    fileprivate struct Cache {
        /// More fields are read each time: the cache belongs to a connection, and there may be many.
        private static let capacity = 32

        private var entries: [(name: String, value: String, line: Line)] = []
        private var position = 0

        mutating func rewind() { position = 0 }

        mutating func next(_ name: String, _ value: String) throws(MalformedResponse) -> Line {
            defer { position += 1 }
            guard position < entries.count else {
                let line = try Line(name, value)
                if position < Self.capacity { entries.append((name, value, line)) }
                return line
            }
            if entries[position].value == value, entries[position].name == name { return entries[position].line }
            let line = try Line(name, value)
            entries[position] = (name, value, line)
            return line
        }
    }
}

extension String {
    /// As it is shown to a person: what a peer sent may have anything in it.
    fileprivate var quoted: String { "\"\(prefix(64).filter { $0.isASCII && !$0.isNewline && $0 != "\0" })\"" }
}

/// Whether the body of a response has the length that it said (RFC 9113, 8.1.1).
struct BodyLength {
    private let declared: Int64?
    private var received: Int64 = 0

    /// - Parameter head: Whether the request was HEAD.
    init(of response: HTTPResponse, declared: Int64?, toHead head: Bool) {
        let hasNone = head || response.status.code == 204 || response.status.code == 304
        self.declared = hasNone ? 0 : declared
    }

    /// What is still to come, if that is known.
    var expected: Int64? { declared }

    mutating func receive(_ count: Int) throws(MalformedResponse) {
        received += Int64(count)
        guard let declared, received > declared else { return }
        throw .http2("a body longer than its \(declared) bytes")
    }

    func end() throws(MalformedResponse) {
        guard let declared, received != declared else { return }
        throw .http2("a body of \(received) bytes, not \(declared)")
    }
}
#endif
