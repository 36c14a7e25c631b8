package import UltraAPI

/// Chat replies. A unary reply says at once, in arrays, what the events of a stream say in single objects.
extension CohereAdapter {
    package func decodeAnswer(_ reader: inout JSONReader, into reply: inout ReplyState) throws(JSONError) {
        try body(&reader, index: nil, &reply)
    }

    package func decodeEvent(_ reader: inout JSONReader, into reply: inout ReplyState) throws(JSONError) {
        var index: Int?
        var early: UnsafeRawBufferPointer?
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "index":
                index = try reader.count()
            case "delta" where try reader.kind() == .object:
                if index == nil {
                    early = try reader.raw()
                } else {
                    try body(&reader, index: index, &reply)
                }
            case "message" where try reader.kind() == .string:
                // An error of the front end, as it stands in a reply of its own.
                if try reader.saysSomething() { reply.reportError() }
            case "error":
                if try reader.saysSomething() { reply.reportError() }
            default:
                try reader.skip()
            }
        }
        guard let early else { return }
        var inner = JSONReader(reply: early)
        try body(&inner, index: index, &reply)
    }

    /// - Parameter index: of the content or the call that an event speaks of.
    private func body(
        _ reader: inout JSONReader, index: Int?, _ reply: inout ReplyState
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
                    try message(&reader, index: index, &reply)
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
        _ reader: inout JSONReader, index: Int?, _ reply: inout ReplyState
    ) throws(JSONError) {
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "content": try content(&reader, &reply)
            // What the model means to do with its tools: not a part of the answer.
            case "tool_plan": reply.reasoning(try reader.optionalString("tool_plan", &reply) ?? "")
            case "tool_calls": try toolCalls(&reader, index: index, &reply)
            default: try reader.skip()
            }
        }
    }

    private func content(_ reader: inout JSONReader, _ reply: inout ReplyState) throws(JSONError) {
        switch try reader.kind() {
        case .object:
            try item(&reader, &reply)
        case .array:
            try reader.beginArray()
            while try reader.nextElement() { try item(&reader, &reply) }
        case .string:
            reply.text(try reader.string())
        default:
            // Of another type it would pass for an empty answer.
            try reader.null()
        }
    }

    private func item(_ reader: inout JSONReader, _ reply: inout ReplyState) throws(JSONError) {
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "text": reply.text(try reader.stringOrNull() ?? "")
            case "thinking": reply.reasoning(try reader.optionalString("thinking", &reply) ?? "")
            default: try reader.skip()
            }
        }
    }

    private func toolCalls(
        _ reader: inout JSONReader, index: Int?, _ reply: inout ReplyState
    ) throws(JSONError) {
        switch try reader.kind() {
        case .object:
            try toolCall(&reader, index: index, &reply)
        case .array:
            try reader.beginArray()
            var position = 0
            while try reader.nextElement() {
                try toolCall(&reader, index: position, &reply)
                position += 1
            }
        default:
            try reader.skip()
        }
    }

    private func toolCall(
        _ reader: inout JSONReader, index: Int?, _ reply: inout ReplyState
    ) throws(JSONError) {
        var id: String?
        var name: String?
        var arguments = ""
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "id":
                id = try reader.text()
            case "function" where try reader.kind() == .object:
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "name": name = try reader.text()
                    case "arguments": arguments = try reader.text() ?? ""
                    default: try reader.skip()
                    }
                }
            default:
                try reader.skip()
            }
        }
        if takesOneCall, index ?? 0 > 0 { return }
        reply.toolCall(key: index, id: id, name: name, arguments: arguments)
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
