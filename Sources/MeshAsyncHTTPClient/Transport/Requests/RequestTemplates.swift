#if AsyncHTTPClient
import AsyncHTTPClient
import NIOHTTP1
import Synchronization

/// A request to one endpoint without its headers and body, which are all that differs between two of one URL.
///
/// A class, because a request of AsyncHTTPClient is large: it is copied once for each call, and not on its way out of the
/// cache, too.
final class RequestTemplate: Sendable {
    /// With the address of the endpoint in its URL.
    let request: HTTPClient.Request
    /// What goes into `Host`, unless the caller has set it.
    let authority: String

    init(request: HTTPClient.Request, authority: String) {
        self.request = request
        self.authority = authority
    }
}

/// The templates that were used last: parsing a URL costs AsyncHTTPClient several microseconds, and most services call
/// a small number of URLs again and again.
///
/// A direct-mapped cache: a URL that is not found replaces the one in its slot.
final class RequestTemplates: Sendable {
    private struct Slot {
        let url: String
        let method: HTTPMethod
        let template: RequestTemplate
    }

    private static let slotCount = 32
    private let slots = Mutex([Slot?](repeating: nil, count: slotCount))

    func template(
        _ method: HTTPMethod,
        _ url: String,
        make: () throws -> RequestTemplate
    ) rethrows -> RequestTemplate {
        let index = Int(UInt(bitPattern: url.hashValue) % UInt(Self.slotCount))
        let found: RequestTemplate? = slots.withLock { slots in
            guard let slot = slots[index], slot.url == url, slot.method == method else { return nil }
            return slot.template
        }
        if let found { return found }
        let template = try make()
        slots.withLock { $0[index] = Slot(url: url, method: method, template: template) }
        return template
    }
}
#endif
