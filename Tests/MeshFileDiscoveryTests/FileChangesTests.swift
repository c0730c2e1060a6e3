import Testing

@testable import MeshFileDiscovery

struct FileChangesTests {
    private let status = FileStatus(realPath: "/a", device: 1, inode: 2, size: 3, modified: 4, changed: 5)

    @Test func `a new status is read twice, then no more`() {
        var changes = FileChanges()
        #expect(changes.needReading(status))
        changes.wasRead(status)
        #expect(changes.needReading(status))
        changes.wasRead(status)
        #expect(!changes.needReading(status))
    }

    @Test(
        arguments: [
            { $0.realPath = "/b" }, { $0.device = 9 }, { $0.inode = 9 }, { $0.size = 9 }, { $0.modified = 9 },
            { $0.changed = 9 },
        ] as [@Sendable (inout FileStatus) -> Void]
    )
    func `every part of the status counts`(change: @Sendable (inout FileStatus) -> Void) {
        var changes = FileChanges()
        changes.wasRead(status)
        changes.wasRead(status)
        var other = status
        change(&other)
        #expect(changes.needReading(other))
        changes.wasRead(other)
        #expect(changes.needReading(other))
    }
}
