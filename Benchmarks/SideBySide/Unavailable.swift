#if !(AsyncHTTPClient && Transport)
@main
enum SideBySide {
    static func main() {
        print("This benchmark needs the traits AsyncHTTPClient and Transport: run it without --disable-default-traits.")
    }
}
#endif
