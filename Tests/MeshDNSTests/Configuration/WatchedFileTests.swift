import Foundation
import Testing

@testable import MeshDNS

@Suite struct WatchedFileTests {
    @Test func `a file is read again when it changes, and kept when it goes`() throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "mesh-dns-\(UUID())")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let path = directory.appending(path: "resolv.conf")
        let environment = DNSEnvironment.files(resolvConf: path.path, hosts: directory.appending(path: "hosts").path)
        var files = DNSEnvironment.Files()

        #expect(environment.configuration(&files).servers.map(\.description) == ["127.0.0.1:53"])
        try Data("nameserver 10.0.0.1".utf8).write(to: path)
        #expect(environment.configuration(&files).servers.map(\.description) == ["10.0.0.1:53"])
        try Data("nameserver 10.0.0.1\nnameserver 10.0.0.2".utf8).write(to: path)
        #expect(environment.configuration(&files).servers.count == 2)
        try FileManager.default.removeItem(at: path)
        #expect(environment.configuration(&files).servers.count == 2)
        #expect(environment.hosts(&files) == HostsFile())
    }
}
