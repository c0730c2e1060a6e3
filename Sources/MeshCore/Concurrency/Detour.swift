/// A way that few calls take, and that awaits something before it joins the usual way again.
///
/// The compiler lets a function hop back to the executor of its caller where it has awaited a requirement of a protocol, and leaves the
/// hop out where one has been made. Behind a detour that only returns it finds none, and so the usual way pays at the junction for a
/// hop that it needs no more: 60 instructions and a function cut in two, in every layer of a stack that is inlined into one function.
@usableFromInline
package enum Detour {
    /// To be called behind the `await` of a detour, so that it hops, and not the junction.
    @inlinable @inline(__always)
    package static func end() async { await hop(at: End()) }

    // A requirement is awaited, and then comes something that needs the executor.
    @inlinable @inline(__always)
    static func hop(at point: some HopPoint) async {
        await point.arrive()
        point.leave()
    }

    @usableFromInline
    struct End: HopPoint {
        @inlinable init() {}
        @inline(never) @usableFromInline func arrive() async {}
        @inline(never) @usableFromInline func leave() {}
    }
}

@usableFromInline
protocol HopPoint {
    func arrive() async
    func leave()
}
