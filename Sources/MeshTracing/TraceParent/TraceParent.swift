/// The content of a `traceparent` header: which trace a request belongs to, and which operation sent it.
///
/// Reads and prints the header to the letter of W3C Trace Context level 2, section 3.2. Neither allocates memory,
/// the printed string aside.
public struct TraceParent: Hashable, Sendable {
    /// The trace.
    public var traceID: TraceID
    /// The operation that the request is part of, as its sender knows it.
    public var parentID: SpanID
    /// What the sender recommends. Only ``TraceFlags/defined`` flags are sent.
    public var flags: TraceFlags

    /// Creates the content of a header.
    public init(traceID: TraceID, parentID: SpanID, flags: TraceFlags = []) {
        self.traceID = traceID
        self.parentID = parentID
        self.flags = flags
    }

    /// Reads the value of a `traceparent` header; `nil` if it is invalid and the trace therefore must not be continued.
    ///
    /// White space around the value is ignored. A version above `00` is read as far as the specification promises that
    /// it looks like `00`: what follows the flags must begin with a dash, and is dropped. Flags that are not defined
    /// are dropped too.
    public init?(_ text: String) {
        guard let parsed = text.withBytes(Self.parse) else { return nil }
        self = parsed
    }

    /// Begins a new trace, with random identifiers and the ``TraceFlags/random`` flag.
    ///
    /// - Parameters:
    ///   - flags: Further flags.
    ///   - generator: Where the identifiers come from.
    public static func newTrace(
        flags: TraceFlags = [],
        using generator: inout some RandomNumberGenerator
    ) -> TraceParent {
        TraceParent(
            traceID: .random(using: &generator),
            parentID: .random(using: &generator),
            flags: flags.union(.random)
        )
    }

    /// The same trace, as the operation `parentID` passes it on.
    public func child(_ parentID: SpanID) -> TraceParent {
        TraceParent(traceID: traceID, parentID: parentID, flags: flags)
    }

    /// The length of a header of version `00`.
    static let length = 55

    private static func parse(_ all: Bytes) -> TraceParent? {
        let range = all.indices.trimmed(in: all)
        let bytes = Bytes(rebasing: all[range])
        guard bytes.count >= length, let version = parseByte(bytes, at: 0), version != 0xFF else { return nil }
        if bytes.count > length {
            guard version != 0, bytes[length] == ASCII.dash else { return nil }
        }
        guard bytes[2] == ASCII.dash, bytes[35] == ASCII.dash, bytes[52] == ASCII.dash,
            let upper = parseWord(bytes, at: 3), let lower = parseWord(bytes, at: 19),
            let parent = parseWord(bytes, at: 36), let flags = parseByte(bytes, at: 53),
            let traceID = TraceID(upper: upper, lower: lower), let parentID = SpanID(parent)
        else { return nil }
        return TraceParent(
            traceID: traceID,
            parentID: parentID,
            flags: TraceFlags(rawValue: flags).intersection(.defined)
        )
    }
}

extension TraceParent: CustomStringConvertible {
    /// The value of the header, in version `00`: 55 characters.
    public var description: String {
        String(unsafeUninitializedCapacity: Self.length) { buffer in
            buffer[0] = 0x30
            buffer[1] = 0x30
            buffer[2] = ASCII.dash
            writeWord(traceID.upper, into: buffer, at: 3)
            writeWord(traceID.lower, into: buffer, at: 19)
            buffer[35] = ASCII.dash
            writeWord(parentID.value, into: buffer, at: 36)
            buffer[52] = ASCII.dash
            writeByte(flags.intersection(.defined).rawValue, into: buffer, at: 53)
            return Self.length
        }
    }
}
