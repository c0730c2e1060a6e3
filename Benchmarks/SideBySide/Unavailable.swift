#if !AsyncHTTPClient
@main
enum SideBySide {
    static func main() {
        print("This benchmark needs the trait AsyncHTTPClient: run it without --disable-default-traits.")
    }
}
#endif
