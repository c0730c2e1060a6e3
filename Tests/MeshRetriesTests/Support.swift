import MeshCore
import MeshRetries
import Synchronization

struct Broken: Error, Hashable {
    var number = 0
}

/// A response that counts how often it was let go of.
struct Reply: CallResponse, Equatable {
    final class Discards: Sendable {
        private let texts = Mutex<[String]>([])

        var all: [String] { texts.withLock { $0 } }

        func append(_ text: String) {
            texts.withLock { $0.append(text) }
        }
    }

    let text: String
    var discards: Discards?

    consuming func discard() {
        discards?.append(text)
    }

    static func == (lhs: Reply, rhs: Reply) -> Bool { lhs.text == rhs.text }
}

typealias ReplyClassifier = PlainClassifier<String, Reply>

/// Makes the attempts that it was told to make, and remembers what it was asked. The last one repeats.
final class Script: AttemptSource {
    typealias Step = @Sendable (CallContext) async -> Attempt<Reply>

    private let steps: [Step]
    private let seen = Mutex<[CallContext]>([])

    init(_ steps: [Step]) {
        self.steps = steps
    }

    convenience init(_ attempts: Attempt<Reply>...) {
        self.init(attempts.map { attempt in { _ in attempt } })
    }

    var contexts: [CallContext] { seen.withLock { $0 } }

    func attempt(_ request: String, context: CallContext) async -> Attempt<Reply> {
        let number = seen.withLock { seen in
            seen.append(context)
            return seen.count
        }
        return await steps[min(number, steps.count) - 1](context)
    }
}

extension Attempt where Response == Reply {
    static func ok(_ text: String = "ok") -> Self { Attempt(.success(Reply(text: text)), outcome: .success) }

    static func reply(_ text: String, _ outcome: Outcome, _ discards: Reply.Discards? = nil) -> Self {
        Attempt(.success(Reply(text: text, discards: discards)), outcome: outcome)
    }

    static func failed(
        _ error: any Error = Broken(),
        _ outcome: Outcome = .failure,
        at port: UInt16? = nil,
        after duration: Duration = .zero
    ) -> Self {
        Attempt(
            .failure(error),
            outcome: outcome,
            endpoint: port.map { Endpoint(.ip(.v4(0x0A00_0001), port: $0)) },
            from: .zero,
            to: .zero.advanced(by: duration)
        )
    }
}

extension Outcome {
    static var refused: Outcome { Outcome(.failure, retry: .neverSent) }
}

/// Collects values from any task.
final class Log<Value: Sendable>: Sendable {
    private let values = Mutex<[Value]>([])

    var all: [Value] { values.withLock { $0 } }

    func append(_ value: Value) {
        values.withLock { $0.append(value) }
    }
}

extension MeshInstant {
    static func seconds(_ seconds: Double) -> MeshInstant {
        MeshInstant(nanoseconds: 3_600_000_000_000).advanced(by: .nanoseconds(Int64(seconds * 1e9)))
    }
}
