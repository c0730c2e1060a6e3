import MeshCore
import MeshLoadBalancing
import Testing

@Suite("The coordinate of an instance")
struct ProcessCoordinateTests {
    @Test("numbers that are of no instance are refused, and the error says why")
    func invalid() throws {
        #expect(try ProcessCoordinate(instance: 99, of: 100).description == "99 of 100")
        let cases: [(Int, Int, String)] = [
            (3, 3, "there is no instance 3 among 3: they are numbered from 0"),
            (-1, 3, "there is no instance -1 among 3: they are numbered from 0"),
            (0, 0, "0 is not a number of instances (1 to 1048576)"),
            (0, 2_000_000, "2000000 is not a number of instances (1 to 1048576)"),
        ]
        for (instance, instances, text) in cases {
            let error = #expect(throws: InvalidCoordinateError.self) {
                try ProcessCoordinate(instance: instance, of: instances)
            }
            #expect("\(try #require(error))" == text)
        }
    }

    @Test("an instance finds its own among the endpoints of its service, whatever their order")
    func discovered() throws {
        let set = EndpointSet.of(20)
        let numbers = try set.endpoints.map {
            try #require(ProcessCoordinate(of: $0.address, among: set)).instance
        }
        #expect(numbers.sorted() == Array(0..<20))
        let reversed = EndpointSet(set.endpoints.reversed())
        for (endpoint, number) in zip(set.endpoints, numbers) {
            let expected = try ProcessCoordinate(instance: number, of: 20)
            #expect(ProcessCoordinate(of: endpoint.address, among: reversed) == expected)
        }
        #expect(ProcessCoordinate(of: .number(20), among: set) == nil)
        #expect(ProcessCoordinate(of: .number(0), among: .empty) == nil)
    }
}
