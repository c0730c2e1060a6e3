import BenchmarkSupport
import Dispatch
import ServiceMesh

// Makes as many calls through the whole standard stack as the first argument says, over an in-process no-op. The check
// beside this file runs it under valgrind with two counts; the difference is what the calls cost, without the start.
let calls = CommandLine.arguments.dropFirst().first.flatMap(Int.init) ?? 1000
let done = DispatchSemaphore(value: 0)

// The main thread waits instead of becoming Dispatch's, which valgrind does not survive.
Task.detached {
    let mesh = try Mesh.noOp()
    let client = try mesh.noOpClient()
    var sum = 0
    for _ in 0..<calls {
        sum += try await client.call(NoOpRequest())
    }
    await mesh.shutdown()
    print("\(sum) calls")
    done.signal()
}
done.wait()
