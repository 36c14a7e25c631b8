/// The six types of RFC 8259 values.
package enum JSONKind: Sendable, Equatable {
    case object, array, string, number, bool, null
}
