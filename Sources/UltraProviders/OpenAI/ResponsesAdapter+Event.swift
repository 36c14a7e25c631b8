import UltraAPI

/// One event of a stream, read but not yet understood: its members come in no fixed order. Valid no longer than the
/// bytes of its reader.
struct ResponsesEvent {
    enum Kind {
        case textDelta, refusalDelta, reasoningDelta, reasoningPart, callDelta
        case itemAdded, itemDone
        case started, completed, incomplete, failed, error
        /// New ones appear regularly, and most repeat what was said.
        case other
    }

    var kind = Kind.other
    var delta: UnsafeRawBufferPointer?
    /// An output item: a message, a call, or reasoning.
    var item: UnsafeRawBufferPointer?
    var response: UnsafeRawBufferPointer?
    /// Where the item stands in the output.
    var outputIndex: Int?
    /// Which part of a summary it is.
    var summaryIndex: Int?

    init(_ reader: inout JSONReader) throws(JSONError) {
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "type": kind = Self.kind(try reader.raw())
            case "delta": delta = try reader.raw()
            case "item" where try reader.kind() == .object: item = try reader.raw()
            case "response" where try reader.kind() == .object: response = try reader.raw()
            case "output_index": outputIndex = try reader.count()
            case "summary_index": summaryIndex = try reader.count()
            case "error":
                if try reader.saysSomething() { kind = .error }
            default: try reader.skip()
            }
        }
    }

    /// - Parameter quoted: the name as it stands in the JSON; nobody escapes any of it.
    private static func kind(_ quoted: UnsafeRawBufferPointer) -> Kind {
        for (name, kind) in names where name.utf8CodeUnitCount == quoted.count {
            let bytes = UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
            if quoted.elementsEqual(bytes) { return kind }
        }
        return .other
    }

    /// The most frequent first.
    private static let names: [(StaticString, Kind)] = [
        ("\"response.output_text.delta\"", .textDelta),
        ("\"response.function_call_arguments.delta\"", .callDelta),
        ("\"response.reasoning_summary_text.delta\"", .reasoningDelta),
        ("\"response.reasoning_text.delta\"", .reasoningDelta),
        ("\"response.refusal.delta\"", .refusalDelta),
        ("\"response.reasoning_summary_part.added\"", .reasoningPart),
        ("\"response.output_item.added\"", .itemAdded),
        ("\"response.output_item.done\"", .itemDone),
        ("\"response.created\"", .started),
        ("\"response.queued\"", .started),
        ("\"response.in_progress\"", .started),
        ("\"response.completed\"", .completed),
        ("\"response.incomplete\"", .incomplete),
        ("\"response.failed\"", .failed),
        ("\"response.cancelled\"", .failed),
        ("\"error\"", .error),
    ]
}
