import MeshCore
import Synchronization
import Testing

@Suite struct CancellationSignalTests {
    private final class Heard: Sendable {
        private let reasons = Mutex<[CancellationSignal.Reason]>([])

        var all: [CancellationSignal.Reason] { reasons.withLock { $0 } }

        func append(_ reason: CancellationSignal.Reason) {
            reasons.withLock { $0.append(reason) }
        }
    }

    /// Gives the signal when it is let go of.
    private final class Owner: Sendable {
        let signal: CancellationSignal

        init(_ signal: CancellationSignal) {
            self.signal = signal
        }

        deinit {
            signal.cancel(.attemptTimedOut)
        }
    }

    @Test func `a handler hears the signal once, with the first reason`() {
        let (signal, heard) = (CancellationSignal(), Heard())
        signal.onCancel(heard.append)
        #expect(signal.reason == nil)
        signal.cancel(.deadlineExceeded)
        signal.cancel(.shutDown)
        #expect(heard.all == [.deadlineExceeded])
        #expect(signal.reason == .deadlineExceeded)
    }

    @Test func `a handler that comes late hears at once`() {
        let (signal, heard) = (CancellationSignal(), Heard())
        signal.cancel(.attemptTimedOut)
        signal.onCancel(heard.append)
        #expect(heard.all == [.attemptTimedOut])
    }

    @Test func `a later handler replaces an earlier one`() {
        let (signal, first, second) = (CancellationSignal(), Heard(), Heard())
        signal.onCancel(first.append)
        signal.onCancel(second.append)
        signal.cancel(.shutDown)
        #expect(first.all.isEmpty)
        #expect(second.all == [.shutDown])
    }

    @Test func `after the end nobody hears anything, and the reason stays`() {
        let (signal, heard) = (CancellationSignal(), Heard())
        signal.onCancel(heard.append)
        signal.finish()
        signal.cancel(.shutDown)
        signal.onCancel(heard.append)
        #expect(heard.all.isEmpty)
        #expect(signal.reason == nil)

        let given = CancellationSignal()
        given.cancel(.attemptTimedOut)
        given.finish()
        #expect(given.reason == .attemptTimedOut)
    }

    @Test func `a handler may use the signal, and its end may too`() {
        let (signal, heard) = (CancellationSignal(), Heard())
        signal.onCancel { reason in
            heard.append(reason)
            signal.finish()
            signal.cancel(.shutDown)
        }
        signal.cancel(.deadlineExceeded)
        #expect(heard.all == [.deadlineExceeded])

        // The replaced handler owns what gives the signal as it goes.
        let other = CancellationSignal()
        other.onCancel { [owner = Owner(other)] _ in withExtendedLifetime(owner) {} }
        other.onCancel(heard.append)
        #expect(other.reason == .attemptTimedOut)
        #expect(heard.all == [.deadlineExceeded, .attemptTimedOut])
    }

    @Test func `however many give the signal, the handler hears one`() async {
        for _ in 1...200 {
            let (signal, heard) = (CancellationSignal(), Heard())
            await withDiscardingTaskGroup { group in
                group.addTask { signal.onCancel(heard.append) }
                for reason in [CancellationSignal.Reason.deadlineExceeded, .attemptTimedOut, .shutDown] {
                    group.addTask { signal.cancel(reason) }
                }
            }
            #expect(heard.all.count == 1)
            #expect(heard.all.first == signal.reason)
        }
    }
}
