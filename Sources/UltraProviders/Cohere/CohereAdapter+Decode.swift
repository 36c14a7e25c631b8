package import UltraAPI

/// Chat replies. A unary reply says at once, in arrays, what the events of a stream say in single objects.
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
                    // An error of the front end, as it stands in a reply of its own.
                    if try reader.saysSomething() { reply.reportError() }
                case .object:
                    isWhole = true
                    try reader.skip()
                default:
                    try reader.skip()
                }
            case "error":
                if try reader.saysSomething() { reply.reportError() }
            default:
                try reader.skip()
            }
        }
        if isStart || isEnd { reply.endStarts() }
        if let delta {
            var inner = JSONReader(reply: delta)
            try body(&inner, index: index, isStart: isStart, &reply)
        } else if isWhole {
            // A unary reply in a stream.
            var again = beginning
            try body(&again, index: nil, &reply)
        }
        if isOver { reply.end() }
    }

    /// - Parameters:
    ///   - index: of the content or the call that an event speaks of.
    ///   - isStart: pieces of it follow.
    private func body(
        _ reader: inout JSONReader, index: Int?, isStart: Bool = false, _ reply: inout ReplyState
    ) throws(JSONError) {
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "message":
                switch try reader.kind() {
                case .string:
                    if try reader.saysSomething() { reply.reportError() }
                case .null:
                    try reader.skip()
                default:
                    // Of another type it would pass for an empty answer.
                    try message(&reader, index: index, isStart: isStart, &reply)
                }
            case "finish_reason":
                if let reason = try reader.stringOrNull() { reply.finish(reason) }
            case "usage":
                try usage(&reader, &reply)
            case "error":
                if try reader.saysSomething() { reply.reportError() }
            default:
                try reader.skip()
            }
        }
    }

    private func message(
        _ reader: inout JSONReader, index: Int?, isStart: Bool, _ reply: inout ReplyState
    ) throws(JSONError) {
        var found = ReplyContent()
        // Lists hold everything until now, single objects a piece.
        var isWhole = false
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "content":
                if try reader.kind() == .array { isWhole = true }
                try content(&reader, &found, &reply)
            // What the model means to do with its tools: not a part of the answer.
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

    /// What a block begins with; the pieces after it may say it again.
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
            // Of another type it would pass for an empty answer.
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

    /// - Parameter form: of the calls in a list; a single one that does not begin is a piece.
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

    /// - Parameter place: among the calls of the answer; nil: not told.
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

    /// Tokens the model worked on; what is billed for them, `billed_units`, leaves out Cohere's own prompt.
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
        /// Beside `input`, not a part of it.
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
