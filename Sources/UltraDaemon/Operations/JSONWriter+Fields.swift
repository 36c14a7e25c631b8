internal import UltraAPI

/// Members that several operations write.
extension JSONWriter {
    mutating func field(_ name: StaticString, _ evidence: Evidence) {
        key(name)
        beginObject()
        fieldOrNull("ok", evidence.holds)
        fieldOrNull("at", evidence.at.map(WallClock.text))
        fieldOrNull("by", evidence.source?.rawValue)
        endObject()
    }

    mutating func strings(_ name: StaticString, _ values: [String]) {
        key(name)
        beginArray()
        for value in values { string(value) }
        endArray()
    }

    /// Writes an amount of money, given in micro-USD, in USD; null: not known.
    mutating func microUSD(_ name: StaticString, _ value: Int?) {
        key(name)
        if let value { fixed(value, places: 6) } else { null() }
    }
}
