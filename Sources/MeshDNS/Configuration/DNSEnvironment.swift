/// Where a client learns of its name servers and of fixed addresses.
public enum DNSEnvironment: Hashable, Sendable {
    /// Files in the format of `resolv.conf(5)` and `hosts(5)`, read again whenever they have changed.
    ///
    /// A file that is missing or cannot be read counts as empty at first (so the local machine is asked) and as
    /// unchanged later.
    case files(resolvConf: String, hosts: String)
    /// Values that do not change.
    case fixed(DNSConfiguration, hosts: HostsFile = HostsFile())

    /// `/etc/resolv.conf` and `/etc/hosts`.
    public static let machine = DNSEnvironment.files(resolvConf: "/etc/resolv.conf", hosts: "/etc/hosts")
}

extension DNSEnvironment {
    /// What was read from the files last.
    struct Files {
        var resolvConf = WatchedFile(value: DNSConfiguration(resolvConf: ""))
        var hosts = WatchedFile(value: HostsFile())
    }

    func configuration(_ files: inout Files) -> DNSConfiguration {
        switch self {
        case .fixed(let configuration, _): configuration
        case .files(let path, _): files.resolvConf.current(path) { DNSConfiguration(resolvConf: $0) }
        }
    }

    func hosts(_ files: inout Files) -> HostsFile {
        switch self {
        case .fixed(_, let hosts): hosts
        case .files(_, let path): files.hosts.current(path) { HostsFile($0) }
        }
    }
}
