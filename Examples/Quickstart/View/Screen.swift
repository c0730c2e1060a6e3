#if AsyncHTTPClient
import Foundation

/// Where the progress goes: redrawn in place on a terminal, appended line by line elsewhere, nowhere if told to be quiet.
struct Screen: Sendable {
    enum Mode: Sendable {
        case redrawn, appended, quiet
    }

    let mode: Mode

    init(quiet: Bool) {
        mode = quiet ? .quiet : isatty(STDOUT_FILENO) == 1 ? .redrawn : .appended
    }

    /// How long a picture stays.
    var refreshInterval: Duration { mode == .redrawn ? .milliseconds(200) : .seconds(1) }

    /// Puts a picture where the last one, of the same height or lower, was.
    func redraw(_ lines: [String], over previous: Int) {
        var text = previous > 0 ? "\u{1B}[\(previous)A\r" : ""
        for line in lines { text += "\u{1B}[2K\(line)\n" }
        write(text)
    }

    func append(_ line: String) {
        write(line + "\n")
    }

    private func write(_ text: String) {
        FileHandle.standardOutput.write(Data(text.utf8))
    }
}
#endif
