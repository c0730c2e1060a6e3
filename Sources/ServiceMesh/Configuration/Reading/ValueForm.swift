import MeshCore

/// What the values of a key look like: how to read one, how to write one, and how to say it.
struct ValueForm<Value: Sendable>: Sendable {
    /// What kind of value, for the reference.
    var type: String
    /// Which of them, for the reference.
    var range: String
    /// How a JSON document writes it.
    var json: JSONShape = .text
    var read: @Sendable (RawValue) throws(Rejection) -> Value
    var text: @Sendable (Value) -> String
}

/// How a JSON document writes a value.
enum JSONShape: Sendable {
    case text
    case number
    case list
}

extension ValueForm {
    /// The same with the word `none` for no value.
    func orNone() -> ValueForm<Value?> {
        ValueForm<Value?>(
            type: type,
            range: range + "; or `none`",
            json: json,
            read: { raw throws(Rejection) in
                guard raw != .scalar("none") else { return nil }
                do throws(Rejection) {
                    return try read(raw)
                } catch {
                    throw Rejection(error.reason + "; \"none\" is allowed too")
                }
            },
            text: { $0.map(text) ?? "none" }
        )
    }

    private static func scalar(_ raw: RawValue) throws(Rejection) -> String {
        guard case .scalar(let text) = raw else { throw Rejection("it is a list; write one value") }
        return text
    }
}

extension ValueForm where Value == Duration {
    static let duration = ValueForm(
        type: "duration",
        range: "0 or more",
        read: { raw throws(Rejection) in try DurationText.parse(scalar(raw)) },
        text: DurationText.text
    )

    static let positiveDuration = duration(from: .nanoseconds(1), range: "more than 0") { "it must be more than 0" }

    static func duration(
        from minimum: Duration,
        to maximum: Duration = .nanoseconds(Int64.max),
        range: String,
        reason: @escaping @Sendable () -> String
    ) -> ValueForm {
        ValueForm(
            type: "duration",
            range: range,
            read: { raw throws(Rejection) in
                let duration = try DurationText.parse(scalar(raw))
                guard duration >= minimum, duration <= maximum else { throw Rejection(reason()) }
                return duration
            },
            text: DurationText.text
        )
    }
}

extension ValueForm where Value == Int {
    static func integer(_ range: ClosedRange<Int>) -> ValueForm {
        let allowed =
            range.upperBound == Int.max ? "\(range.lowerBound) or more" : "\(range.lowerBound) to \(range.upperBound)"
        return ValueForm(
            type: "integer",
            range: allowed,
            json: .number,
            read: { raw throws(Rejection) in
                guard let value = Int(try scalar(raw)), range.contains(value) else {
                    throw Rejection("it must be a whole number, \(allowed)")
                }
                return value
            },
            text: { "\($0)" }
        )
    }
}

extension ValueForm where Value == Double {
    static let factor = ValueForm(
        type: "number",
        range: "1 or more",
        json: .number,
        read: { raw throws(Rejection) in
            guard let value = try decimal(scalar(raw)), value >= 1 else {
                throw Rejection("it must be a number, 1 or more")
            }
            return value
        },
        text: { "\($0)" }
    )

    static func number(_ range: ClosedRange<Double>) -> ValueForm {
        let allowed = "\(short(range.lowerBound)) to \(short(range.upperBound))"
        return ValueForm(
            type: "number",
            range: allowed,
            json: .number,
            read: { raw throws(Rejection) in
                guard let value = try decimal(scalar(raw)), range.contains(value) else {
                    throw Rejection("it must be a number, \(allowed)")
                }
                return value
            },
            text: short
        )
    }

    private static func short(_ value: Double) -> String {
        Int(exactly: value).map { "\($0)" } ?? "\(value)"
    }
}

/// A decimal number; not the `inf`, `nan` and hexadecimal ones that `Double` reads as well.
private func decimal(_ text: String) -> Double? {
    guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) || "+-.eE".utf8.contains($0) }) else { return nil }
    guard let value = Double(text), value.isFinite else { return nil }
    return value
}

extension ValueForm where Value == Fraction {
    static let fraction = ValueForm(
        type: "fraction",
        range: "0 to 1, or `0%` to `100%`",
        read: { raw throws(Rejection) in
            let text = try scalar(raw)
            let percent = text.hasSuffix("%")
            var digits = percent ? text.dropLast() : text[...]
            if percent, digits.last == " " { digits = digits.dropLast() }
            guard let value = decimal(String(digits)) else {
                throw Rejection("it is not a fraction; write it as \"20%\" or 0.2")
            }
            guard let fraction = Fraction(percent ? value / 100 : value) else {
                let hint = !percent && value > 1 && value <= 100 ? "; for a percentage write \"\(text)%\"" : ""
                throw Rejection("it must be between 0 and 1, or 0% and 100%\(hint)")
            }
            guard fraction > .zero || value == 0 else { throw Rejection("it is less than a millionth; write 0") }
            return fraction
        },
        text: { $0.description.split(separator: " ").joined() }
    )
}

extension ValueForm where Value: Equatable {
    static func choice(_ choices: [(name: String, value: Value)]) -> ValueForm {
        let names = choices.map(\.name)
        return ValueForm(
            type: "word",
            range: names.map { "`\($0)`" }.joined(separator: ", "),
            read: { raw throws(Rejection) in
                let text = try scalar(raw)
                guard let choice = choices.first(where: { $0.name == text }) else {
                    let hint = Nearest.name(to: text, among: names).map { "; did you mean \"\($0)\"?" } ?? ""
                    throw Rejection("it must be one of \(names.joined(separator: ", "))\(hint)")
                }
                return choice.value
            },
            text: { value in choices.first { $0.value == value }?.name ?? "" }
        )
    }
}

extension RawValue {
    /// The elements of a list, or of a text with commas; none for `none` and for an empty list.
    func elements() throws(Rejection) -> [String] {
        let elements: [String]
        switch self {
        case .list(let list): elements = list
        case .scalar(let text): elements = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
        let trimmed = elements.map { $0.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed() }.map { String($0) }
        if trimmed == ["none"] { return [] }
        guard !trimmed.contains("") else { throw Rejection("it has an empty element; write \"none\" for no elements") }
        return trimmed
    }
}

extension ValueForm where Value == Set<Int> {
    static let statusCodes = ValueForm(
        type: "list of status codes",
        range: "400 to 999, and ranges such as `500-599`; or `none`",
        json: .list,
        read: { raw throws(Rejection) in
            var codes: Set<Int> = []
            for element in try raw.elements() {
                let bounds = element.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
                guard bounds.count <= 2, let low = bounds[0], let high = bounds[bounds.count - 1],
                    (400...999).contains(low), (400...999).contains(high), low <= high
                else { throw Rejection("\"\(element)\" is not a status code from 400 to 999, nor a range of them") }
                codes.formUnion(low...high)
            }
            return codes
        },
        text: { codes in
            var ranges: [ClosedRange<Int>] = []
            for code in codes.sorted() {
                if let last = ranges.last, last.upperBound == code - 1 {
                    ranges[ranges.count - 1] = last.lowerBound...code
                } else {
                    ranges.append(code...code)
                }
            }
            let texts = ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
            return texts.isEmpty ? "none" : texts.joined(separator: ",")
        }
    )
}

extension ValueForm where Value == Set<String> {
    static let methods = ValueForm(
        type: "list of methods",
        range: "HTTP methods, case-sensitive; or `none`",
        json: .list,
        read: { raw throws(Rejection) in
            let known: Set<String> = ["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE", "POST", "PATCH", "CONNECT"]
            let methods = try raw.elements()
            for method in methods {
                guard isToken(method) else { throw Rejection("\"\(method)\" is not an HTTP method") }
                guard known.contains(method) || !known.contains(method.uppercased()) else {
                    throw Rejection("methods are case-sensitive; write \"\(method.uppercased())\"")
                }
            }
            return Set(methods)
        },
        text: { $0.isEmpty ? "none" : $0.sorted().joined(separator: ",") }
    )
}

extension ValueForm where Value == String {
    static let headerName = ValueForm(
        type: "header name",
        range: "an HTTP field name",
        read: { raw throws(Rejection) in
            let text = try scalar(raw)
            guard isToken(text) else { throw Rejection("it is not the name of an HTTP header") }
            return text
        },
        text: { $0 }
    )
}

extension ValueForm where Value == Address {
    static let address = ValueForm(
        type: "address",
        range: "an IP address and a port, `10.0.0.1:8080` or `[::1]:8080`",
        read: { raw throws(Rejection) in
            do {
                return try Address(raw.text)
            } catch {
                throw Rejection("it is not an address: \(error)")
            }
        },
        text: { "\($0)" }
    )
}

extension ValueForm where Value == Target? {
    static let target = ValueForm(
        type: "target",
        range: "a URI such as `dns:///users.prod:8080`",
        read: { raw throws(Rejection) in
            // A static target has commas in it, which a provider may take for a list.
            do throws(InvalidTargetError) {
                return try Target(raw.text)
            } catch {
                throw Rejection("it is not a target: \(error.reason)")
            }
        },
        text: { $0?.description ?? "" }
    )
}

/// Whether the text is a token of RFC 9110, 5.6.2.
private func isToken(_ text: String) -> Bool {
    !text.isEmpty
        && text.utf8.allSatisfy {
            switch $0 {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
            default: "!#$%&'*+-.^_`|~".utf8.contains($0)
            }
        }
}
