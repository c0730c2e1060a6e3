extension StringProtocol {
    /// Text that came from outside, as it may stand in an error or a log: its first `limit` characters (Unicode scalars), with
    /// those escaped that would break the line, command a terminal or change the direction of writing.
    package func visible(upTo limit: Int) -> String { visible(upTo: limit, escaping: "") }

    /// The same in quotation marks, with quotation marks and backslashes escaped too; its first 200 characters unless said otherwise.
    package func quoted(upTo limit: Int = 200) -> String { "\"\(visible(upTo: limit, escaping: #""\"#))\"" }

    private func visible(upTo limit: Int, escaping others: String) -> String {
        let visible = unicodeScalars.prefix(limit).reduce(into: "") { text, scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator:
                text += scalar.escaped(asASCII: true)
            default:
                if others.unicodeScalars.contains(scalar) { text += "\\" }
                text.unicodeScalars.append(scalar)
            }
        }
        return unicodeScalars.dropFirst(limit).isEmpty ? visible : visible + "…"
    }
}
