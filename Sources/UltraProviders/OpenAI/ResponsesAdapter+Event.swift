import UltraAPI

/// One event of a stream, decoded only at its top level, because its members come in no fixed order. It is valid as
/// long as the reader's bytes.
struct ResponsesEvent {
    enum Kind {
        case textDelta, refusalDelta, summaryDelta, reasoningDelta, reasoningPart, callDelta
        case textDone, refusalDone, summaryDone, reasoningDone, partDone, callDone
        case itemAdded, itemDone
        case started, completed, incomplete, failed, error
        /// Unknown events; new ones appear regularly, and most repeat other events.
        case other
    }

    var kind = Kind.other
    var delta: UnsafeRawBufferPointer?
    /// A complete part; the member's name depends on the kind of event.
    var whole: UnsafeRawBufferPointer?
    /// An output item: a message, a tool call, or reasoning.
    var item: UnsafeRawBufferPointer?
    var response: UnsafeRawBufferPointer?
    /// The index of the item in the output.
    var outputIndex: Int?
    /// The index of the part in the item's content or summary.
    var partIndex: Int?

    var place: Place { Place(index: outputIndex) }

    /// The position of an item in the output.
    struct Place {
        enum Kind {
            case content, summary
        }

        /// nil if the server does not number its items.
        var index: Int?

        static let unknown = Place(index: nil)

        /// A unique number for a part of this item.
        func key(_ kind: Kind, _ part: Int?) -> Int {
            let item = (index ?? -1) &* 8192
            return item &+ (part ?? 0) &* 2 &+ (kind == .content ? 0 : 1)
        }
    }

    init(_ reader: inout JSONReader) throws(JSONError) {
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "type": kind = Self.kind(try reader.raw())
            case "delta": delta = try reader.raw()
            case "item" where try reader.kind() == .object: item = try reader.raw()
            case "response" where try reader.kind() == .object: response = try reader.raw()
            case "output_index": outputIndex = try reader.count()
            case "content_index", "summary_index": partIndex = try reader.count()
            case "text", "arguments", "refusal", "part": whole = try reader.raw()
            case "error":
                if try reader.hasValue() { kind = .error }
            default: try reader.skip()
            }
        }
    }

    /// - Parameter quoted: the event's name with its quotes; no server escapes characters in it.
    private static func kind(_ quoted: UnsafeRawBufferPointer) -> Kind {
        for (name, kind) in names where name.utf8CodeUnitCount == quoted.count {
            let bytes = UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
            if quoted.elementsEqual(bytes) { return kind }
        }
        return .other
    }

    /// Ordered by frequency.
    private static let names: [(StaticString, Kind)] = [
        ("\"response.output_text.delta\"", .textDelta),
        ("\"response.function_call_arguments.delta\"", .callDelta),
        ("\"response.reasoning_summary_text.delta\"", .summaryDelta),
        ("\"response.reasoning_text.delta\"", .reasoningDelta),
        ("\"response.refusal.delta\"", .refusalDelta),
        ("\"response.reasoning_summary_part.added\"", .reasoningPart),
        ("\"response.output_text.done\"", .textDone),
        ("\"response.function_call_arguments.done\"", .callDone),
        ("\"response.reasoning_summary_text.done\"", .summaryDone),
        ("\"response.reasoning_text.done\"", .reasoningDone),
        ("\"response.refusal.done\"", .refusalDone),
        ("\"response.content_part.done\"", .partDone),
        ("\"response.reasoning_summary_part.done\"", .partDone),
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
