#if AsyncHTTPClient
import Testing

@testable import MeshAsyncHTTPClient

@Suite struct URLHostTests {
    @Test(
        "finds the host, in lower case",
        arguments: [
            ("http://users", "users"),
            ("http://users/", "users"),
            ("http://users/a:b//c@d", "users"),
            ("http://users?a=http://b", "users"),
            ("http://users#c", "users"),
            ("HTTPS://Users.PROD:8443/A", "users.prod"),
            ("http://users:80", "users"),
            ("http://users:", "users"),
            ("http://me@users/", "users"),
            ("http://me:secret@users:80/", "users"),
            ("http://u:p@h@users/", "users"),
            ("http://10.0.0.1:80/", "10.0.0.1"),
            ("http://[::1]/", "::1"),
            ("http://[2001:DB8::1]:8080/", "2001:db8::1"),
            ("http://me@[::1]:80", "::1"),
            ("http+unix://%2Frun%2Fa.sock/x", "%2frun%2fa.sock"),
        ]
    )
    func finds(url: String, host: String) {
        #expect(URLHost.find(in: url) == host)
    }

    @Test(
        "finds no host where there is none",
        arguments: [
            "", "users", "users/a", "/a", "//users", "://users", "http:users", "http:/users", "http://", "http:///a",
            "http://:80", "http://?a", "http://@", "http://me@:80/", "http://[::1", "http://[]/", "unix:///run/a.sock",
            "a/b?c=http://users", "?http://users",
        ]
    )
    func findsNone(url: String) {
        #expect(URLHost.find(in: url) == nil)
    }
}
#endif
