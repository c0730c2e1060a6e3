#if !TLS
@main
enum MeshControl {
    static func main() {
        print("meshctl needs the trait TLS: run it without --disable-default-traits.")
    }
}
#endif
