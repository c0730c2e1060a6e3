#if Configuration
import Foundation

/// A bar on the standard error, if that is a terminal.
struct ProgressBar: Sendable {
    private let isTerminal = isatty(STDERR_FILENO) == 1

    func show(_ name: String, _ share: Double) {
        guard isTerminal else { return }
        let filled = Int(share * 30)
        let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: 30 - filled)
        write("\r\u{1B}[K\(bar) \(Int(share * 100)) %  \(name)")
    }

    func clear() {
        if isTerminal { write("\r\u{1B}[K") }
    }

    private func write(_ text: String) {
        FileHandle.standardError.write(Data(text.utf8))
    }
}
#endif
