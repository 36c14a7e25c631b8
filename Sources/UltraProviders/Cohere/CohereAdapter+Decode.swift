package import UltraAPI

/// Decoding of chat replies. A unary reply holds in arrays what the events of a stream hold in single objects.
extension CohereAdapter {
    package func decodeAnswer(_ reader: inout JSONReader, into reply: inout ReplyState) throws(JSONError) {
        try body(&reader, index: nil, &reply)
    }

    package func decodeEvent(_ reader: inout JSONReader, into reply: inout ReplyState) throws(JSONError) {
        let beginning = reader
        var index: Int?
        var delta: UnsafeRawBufferPointer?
        var isWhole = false
        var isStart = false
        var isEnd = false
        var isOver = false
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "type" where try reader.kind() == .string:
                switch try reader.word() {
                case "content-start", "tool-call-start": isStart = true
                case "content-end", "tool-call-end": isEnd = true
                case "message-end": isOver = true
                default: break
                }
            case "index":
                index = try reader.count()
            case "delta" where try reader.kind() == .object:
                delta = try reader.raw()
            case "message":
                switch try reader.kind() {
                case .string:
                    // An error of Cohere's API gateway, in the format of an error reply.
                    if try reader.hasValue() { reply.reportError() }
                case .object:
                    isWhole = true
                    try reader.skip()
                default:
                    try reader.skip()
                }
            case "error":
                if try reader.hasValue() { reply.reportError() }
            default:
                try reader.skip()
            }
        }
        if isStart || isEnd { reply.endStarts() }
        if let delta {
            var inner = JSONReader(reply: delta)
            try body(&inner, index: index, isStart: isStart, &reply)
        } else if isWhole {
            // A unary reply inside a stream.
            var again = beginning
            try body(&again, index: nil, &reply)
        }
        if isOver { reply.end() }
    }

    /// Decodes the body of a unary reply, or the `delta` of an event.
    /// - Parameters:
    ///   - index: the index of the event's content or call; nil for a unary reply.
    ///   - isStart: true if more pieces of the same content or call follow.
    private func body(
        _ reader: inout JSONReader, index: Int?, isStart: Bool = false, _ reply: inout ReplyState
    ) throws(JSONError) {
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "message":
                switch try reader.kind() {
                case .string:
                    if try reader.hasValue() { reply.reportError() }
                case .null:
                    try reader.skip()
                default:
                    // A value of another type must not count as an empty answer.
                    try message(&reader, index: index, isStart: isStart, &reply)
                }
            case "finish_reason":
                if let reason = try reader.stringOrNull() { reply.finish(reason) }
            case "usage":
                try usage(&reader, &reply)
            case "error":
                if try reader.hasValue() { reply.reportError() }
            default:
                try reader.skip()
            }
        }
    }

    private func message(
        _ reader: inout JSONReader, index: Int?, isStart: Bool, _ reply: inout ReplyState
    ) throws(JSONError) {
        var found = ReplyContent()
        // An array holds everything so far, a single object one piece.
        var isWhole = false
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "content":
                if try reader.kind() == .array { isWhole = true }
                try content(&reader, &found, &reply)
            // The model's plan for its tool calls, which is not part of the answer's text.
            case "tool_plan":
                found.parts.append(.reasoning(try reader.optionalString("tool_plan", &reply) ?? ""))
            case "tool_calls":
                if try reader.kind() == .array { isWhole = true }
                try toolCalls(&reader, index: index, isStart ? .start : reply.isDocument ? .own : .whole, &found)
            default: try reader.skip()
            }
        }
        if isStart {
            start(found, &reply)
        } else if isWhole, reply.hasContent {
            reply.receiveWhole(found)
        } else {
            reply.receive(found)
        }
    }

    /// Reports the start of a block, which later pieces may repeat.
    private func start(_ content: ReplyContent, _ reply: inout ReplyState) {
        for part in content.parts {
            switch part {
            case .text(let text): reply.startText(text)
            case .reasoning(let text): reply.startReasoning(text)
            case .call(let call): reply.toolCall(call)
            case .signature, .refusal: break
            }
        }
    }

    private func content(
        _ reader: inout JSONReader, _ found: inout ReplyContent, _ reply: inout ReplyState
    ) throws(JSONError) {
        switch try reader.kind() {
        case .object:
            try item(&reader, &found, &reply)
        case .array:
            try reader.beginArray()
            while try reader.nextElement() { try item(&reader, &found, &reply) }
        case .string:
            found.parts.append(.text(try reader.string()))
        default:
            // A value of another type must not count as an empty answer.
            try reader.null()
        }
    }

    private func item(
        _ reader: inout JSONReader, _ found: inout ReplyContent, _ reply: inout ReplyState
    ) throws(JSONError) {
        guard try reader.kind() == .object else { return try reader.skip() }
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "text": found.parts.append(.text(try reader.stringOrNull() ?? ""))
            case "thinking": found.parts.append(.reasoning(try reader.optionalString("thinking", &reply) ?? ""))
            default: try reader.skip()
            }
        }
    }

    /// - Parameter form: the form of calls in an array. A single call that is not a start is a delta.
    private func toolCalls(
        _ reader: inout JSONReader, index: Int?, _ form: CallAssembly.Form, _ found: inout ReplyContent
    ) throws(JSONError) {
        switch try reader.kind() {
        case .object:
            try toolCall(&reader, form == .start ? .start : .delta, key: index, place: index, &found)
        case .array:
            try reader.beginArray()
            var position = 0
            while try reader.nextElement() {
                try toolCall(&reader, form, key: form == .own ? nil : position, place: position, &found)
                position += 1
            }
        default:
            try reader.skip()
        }
    }

    /// - Parameter place: the call's position in the answer; nil if unknown.
    private func toolCall(
        _ reader: inout JSONReader, _ form: CallAssembly.Form, key: Int?, place: Int?, _ found: inout ReplyContent
    ) throws(JSONError) {
        var call = CallAssembly.Piece(form: form, key: key)
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "id":
                call.id = try reader.text()
            case "function" where try reader.kind() == .object:
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "name": call.name = try reader.text()
                    case "arguments": call.arguments = try reader.text() ?? ""
                    default: try reader.skip()
                    }
                }
            default:
                try reader.skip()
            }
        }
        if takesOneCall, place ?? 0 > 0 { return }
        found.parts.append(.call(call))
    }

    /// Decodes `usage`. `tokens` is what the model processed; `billed_units` excludes Cohere's own prompt.
    private func usage(_ reader: inout JSONReader, _ reply: inout ReplyState) throws(JSONError) {
        guard try reader.isOptional(.object, "usage", &reply) else { return }
        var tokens = Counts()
        var billed = Counts()
        var cached: Int?
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "tokens": tokens = try Counts(&reader)
            case "billed_units": billed = try Counts(&reader)
            case "cached_tokens": cached = try reader.count()
            default: try reader.skip()
            }
        }
        let input = tokens.input.map { $0 + (tokens.image ?? 0) } ?? billed.input
        let output = tokens.output ?? billed.output
        guard input != nil || output != nil else { return }
        reply.usage(
            Usage(
                inputTokens: input, outputTokens: output, cachedInputTokens: cached, reasoningTokens: tokens.reasoning,
                source: .measured))
    }

    private struct Counts {
        var input: Int?
        var output: Int?
        var reasoning: Int?
        /// Not included in `input`.
        var image: Int?

        init() {}

        init(_ reader: inout JSONReader) throws(JSONError) {
            guard try reader.kind() == .object else {
                try reader.skip()
                return
            }
            try reader.beginObject()
            while let key = try reader.nextKey() {
                switch key {
                case "input_tokens": input = try reader.count()
                case "output_tokens": output = try reader.count()
                case "reasoning_tokens": reasoning = try reader.count()
                case "image_tokens": image = try reader.count()
                default: try reader.skip()
                }
            }
        }
    }
}
