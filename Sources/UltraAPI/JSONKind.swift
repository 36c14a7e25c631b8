/// The six value types of RFC 8259.
package enum JSONKind: Sendable, Equatable {
    case object, array, string, number, bool, null
}
