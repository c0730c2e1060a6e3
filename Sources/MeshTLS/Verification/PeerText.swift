#if TLS
/// Text that came from a peer, or was made of it, as it may appear in errors and logs: on one line, in quotation marks, and of
/// 200 characters at most. A peer needs no trust to have us write what stands in its certificate.
func quoted(_ text: String) -> String {
    let scalars = text.unicodeScalars
    guard let end = scalars.index(scalars.startIndex, offsetBy: 200, limitedBy: scalars.endIndex),
        end != scalars.endIndex
    else { return String(reflecting: text) }
    return String(reflecting: String(scalars[..<end])) + "..."
}
#endif
