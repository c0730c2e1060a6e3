#if !Configuration
@main
enum MeshSimulator {
    static func main() {
        print("meshsim needs the trait Configuration: run it without --disable-default-traits.")
    }
}
#endif
