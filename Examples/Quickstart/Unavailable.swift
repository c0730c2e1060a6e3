#if !AsyncHTTPClient
@main
enum Quickstart {
    static func main() {
        print("The quickstart needs the trait AsyncHTTPClient: run it without --disable-default-traits.")
    }
}
#endif
