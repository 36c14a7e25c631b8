/// Writes members: a name and its value in one call.
extension JSONWriter {
    package mutating func field(_ name: StaticString, _ value: String) {
        key(name)
        string(value)
    }

    package mutating func field(_ name: StaticString, _ value: Int) {
        key(name)
        int(value)
    }

    package mutating func field(_ name: StaticString, _ value: Double) {
        key(name)
        double(value)
    }

    package mutating func field(_ name: StaticString, _ value: Bool) {
        key(name)
        bool(value)
    }

    package mutating func field(_ name: StaticString, _ value: RawJSON) {
        key(name)
        raw(value)
    }

    // A nil value is omitted (`fieldIfPresent`) or written as `null` (`fieldOrNull`).

    package mutating func fieldIfPresent(_ name: StaticString, _ value: String?) {
        if let value { field(name, value) }
    }

    package mutating func fieldIfPresent(_ name: StaticString, _ value: Int?) {
        if let value { field(name, value) }
    }

    package mutating func fieldIfPresent(_ name: StaticString, _ value: Double?) {
        if let value { field(name, value) }
    }

    package mutating func fieldIfPresent(_ name: StaticString, _ value: Bool?) {
        if let value { field(name, value) }
    }

    package mutating func fieldIfPresent(_ name: StaticString, _ value: RawJSON?) {
        if let value { field(name, value) }
    }

    package mutating func fieldOrNull(_ name: StaticString, _ value: String?) {
        key(name)
        if let value { string(value) } else { null() }
    }

    package mutating func fieldOrNull(_ name: StaticString, _ value: Int?) {
        key(name)
        if let value { int(value) } else { null() }
    }

    package mutating func fieldOrNull(_ name: StaticString, _ value: Double?) {
        key(name)
        if let value { double(value) } else { null() }
    }

    package mutating func fieldOrNull(_ name: StaticString, _ value: Bool?) {
        key(name)
        if let value { bool(value) } else { null() }
    }

    package mutating func fieldOrNull(_ name: StaticString, _ value: RawJSON?) {
        key(name)
        if let value { raw(value) } else { null() }
    }
}
