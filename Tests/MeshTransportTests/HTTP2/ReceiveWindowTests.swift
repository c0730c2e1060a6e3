#if Transport
import Testing

@testable import MeshTransport

@Suite struct ReceiveWindowTests {
    @Test func givesBackInHalves() {
        var window = ReceiveWindow(size: 100)
        #expect(window.received(49) == nil)
        #expect(window.received(1) == 50)
        #expect(window.received(10) == nil)
        #expect(window.received(70) == 80)
    }

    @Test func givesNothingBackWhileTheReaderHasNoRoom() {
        var window = ReceiveWindow(size: 100)
        window.pause()
        #expect(window.received(60) == nil)
        #expect(window.received(40) == nil)
        #expect(window.resume() == 100)
        #expect(window.resume() == nil)
    }

    @Test func resumingWithLittleReadGivesNothingBackYet() {
        var window = ReceiveWindow(size: 100)
        window.pause()
        #expect(window.received(10) == nil)
        #expect(window.resume() == nil)
        #expect(window.received(40) == 50)
    }

    @Test(arguments: [1, 2, 3, 65_535, 1 << 20])
    func theSumIsAlwaysGivenBack(size: Int) {
        var window = ReceiveWindow(size: size)
        var open = size
        for _ in 0..<1000 {
            // A peer that uses all of its window is never stuck.
            let count = open
            open -= count
            open += window.received(count) ?? 0
            #expect(open > 0)
        }
    }
}
#endif
