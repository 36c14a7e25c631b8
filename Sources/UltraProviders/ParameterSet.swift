/// A set of parameters in one word: every request is checked against the parameters its model refuses.
package struct ParameterSet: ExpressibleByArrayLiteral, Equatable, Sendable {
    private var bits: UInt16 = 0

    package init(arrayLiteral parameters: Parameter...) {
        for parameter in parameters { insert(parameter) }
    }

    package func contains(_ parameter: Parameter) -> Bool {
        bits & 1 << parameter.rawValue != 0
    }

    package mutating func insert(_ parameter: Parameter) {
        bits |= 1 << parameter.rawValue
    }

    package mutating func formUnion(_ other: ParameterSet) {
        bits |= other.bits
    }

    package func union(_ other: ParameterSet) -> ParameterSet {
        var union = self
        union.formUnion(other)
        return union
    }
}
