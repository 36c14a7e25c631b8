package import UltraAPI

/// Decoding of replies of `/messages`. A stream opens the content blocks of a message one after the other and fills
/// them.
extension AnthropicAdapter {
    /// The prefix of a reasoning signature that holds the data of a `redacted_thinking` block. It tells the two kinds
    /// of block apart when they are sent back; a real signature contains no colon.
    static let redactedPrefix = "redacted_thinking:"

    package func decodeAnswer(_ reader: inout JSONReader, into reply: inout ReplyState) throws(JSONError) {
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "type" where try reader.kind() == .string:
                if case "error" = try reader.word() { reply.reportError() }
            case "model":
                reply.model(try reader.text() ?? "")
            // A value of another type must not count as an empty answer.
            case "content" where try reader.kind() != .null:
                let content = try self.content(&reader, reply.isDocument ? .own : .whole)
                reply.hasContent ? reply.receiveWhole(content) : reply.receive(content)
            case "stop_reason":
                try finish(&reader, &reply)
            case "usage":
                try usage(&reader, isFirst: false, &reply)
            case "error":
                if try reader.hasValue() { reply.reportError() }
            default:
                try reader.skip()
            }
        }
    }

    package func decodeEvent(_ reader: inout JSONReader, into reply: inout ReplyState) throws(JSONError) {
        reply.requireEndMarker()
        let beginning = reader
        var type: JSONKey?
        var index = 0
        var content: UnsafeRawBufferPointer?
        var usage: UnsafeRawBufferPointer?
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "type" where try reader.kind() == .string: type = try reader.word()
            case "index": index = try reader.count() ?? 0
            case "delta", "content_block", "message": content = try reader.raw()
            case "usage": usage = try reader.raw()
            // Some gateways send errors in OpenAI's format.
            case "error": if try reader.hasValue() { reply.reportError() }
            default: try reader.skip()
            }
        }
        guard let type else { return }
        if let usage {
            var reader = JSONReader(reply: usage)
            try self.usage(&reader, isFirst: false, &reply)
        }
        switch type {
        case "message_stop": reply.end()
        case "error": reply.reportError()
        case "content_block_stop": reply.endStarts()
        // A server that cannot stream sends the whole message as one event.
        case "message":
            var again = beginning
            try decodeAnswer(&again, into: &reply)
            if !reply.isError { reply.end() }
        default: break
        }
        guard let content else { return }
        var inner = JSONReader(reply: content)
        switch type {
        case "content_block_delta": try delta(&inner, index: index, &reply)
        case "content_block_start": try begin(&inner, index: index, &reply)
        case "message_start": try start(&inner, &reply)
        case "message_delta": try end(&inner, &reply)
        default: break
        }
    }

    private func start(_ reader: inout JSONReader, _ reply: inout ReplyState) throws(JSONError) {
        guard try reader.kind() == .object else { return try reader.skip() }
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "model": reply.model(try reader.text() ?? "")
            case "usage": try usage(&reader, isFirst: true, &reply)
            // Usually empty; servers without real streaming send the whole content here.
            case "content" where try reader.kind() == .array:
                reply.receive(try content(&reader, .start))
            default: try reader.skip()
            }
        }
    }

    private func end(_ reader: inout JSONReader, _ reply: inout ReplyState) throws(JSONError) {
        guard try reader.kind() == .object else { return try reader.skip() }
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "stop_reason": try finish(&reader, &reply)
            default: try reader.skip()
            }
        }
    }

    private func delta(_ reader: inout JSONReader, index: Int, _ reply: inout ReplyState) throws(JSONError) {
        guard try reader.kind() != .null else { return try reader.skip() }
        var type: JSONKey?
        var value: UnsafeRawBufferPointer?
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "type" where try reader.kind() == .string: type = try reader.word()
            case "text", "partial_json", "thinking", "signature": value = try reader.raw()
            default: try reader.skip()
            }
        }
        guard let type, let value else { return }
        switch type {
        case "text_delta": reply.text(try Self.string(value))
        case "thinking_delta": reply.reasoning(try Self.text(value))
        case "signature_delta": reply.reasoningSignature(try Self.text(value))
        // The input of a tool that the server runs itself is not a call for the client.
        case "input_json_delta" where reply.calls.hasCall(index):
            reply.toolCall(key: index, arguments: try Self.text(value))
        default: break
        }
    }

    /// Decodes the start of a block in a stream, which may already have content.
    private func begin(
        _ reader: inout JSONReader, index: Int, _ reply: inout ReplyState
    ) throws(JSONError) {
        reply.endStarts()
        for part in try block(&reader, index: index, .start) {
            switch part {
            case .text(let text): reply.startText(text)
            case .reasoning(let text): reply.startReasoning(text)
            case .signature(let signature, _): reply.reasoningSignature(signature)
            case .call(let call): reply.toolCall(call)
            case .refusal: break
            }
        }
    }

    /// Decodes the blocks of a message. A block's position is the index of its tool call.
    private func content(
        _ reader: inout JSONReader, _ form: CallAssembly.Form
    ) throws(JSONError) -> ReplyContent {
        var content = ReplyContent()
        var index = 0
        try reader.beginArray()
        while try reader.nextElement() {
            content.parts += try block(&reader, index: index, form)
            index += 1
        }
        return content
    }

    /// Decodes a block. Blocks of tools that the server runs itself are ignored.
    private func block(
        _ reader: inout JSONReader, index: Int, _ form: CallAssembly.Form
    ) throws(JSONError) -> [ReplyContent.Part] {
        guard try reader.kind() == .object else {
            try reader.skip()
            return []
        }
        var type: JSONKey?
        var content: UnsafeRawBufferPointer?
        var signature: UnsafeRawBufferPointer?
        var call = CallAssembly.Piece(form: form, key: index)
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "type" where try reader.kind() == .string: type = try reader.word()
            case "text", "thinking", "data", "input": content = try reader.raw()
            case "signature": signature = try reader.raw()
            case "id": call.id = try reader.text()
            case "name": call.name = try reader.text()
            default: try reader.skip()
            }
        }
        guard let type else { return [] }
        let text = try content.map { (json) throws(JSONError) in try Self.text(json) } ?? ""
        switch type {
        case "text":
            return [.text(try content.map { (json) throws(JSONError) in try Self.string(json) } ?? "")]
        case "thinking":
            let proof = try signature.map { (json) throws(JSONError) in try Self.text(json) } ?? ""
            return [.reasoning(text), .signature(proof)]
        case "redacted_thinking":
            return text.isEmpty ? [] : [.signature(Self.redactedPrefix + text)]
        case "tool_use":
            call.arguments = text
            return [.call(call)]
        default:
            return []
        }
    }

    private func finish(_ reader: inout JSONReader, _ reply: inout ReplyState) throws(JSONError) {
        if let word = try reader.stringOrNull() { reply.finish(word) }
    }

    private static func string(_ value: UnsafeRawBufferPointer) throws(JSONError) -> String {
        var reader = JSONReader(reply: value)
        return try reader.stringOrNull() ?? ""
    }

    /// Like `string`, and for an object its JSON text.
    private static func text(_ value: UnsafeRawBufferPointer) throws(JSONError) -> String {
        var reader = JSONReader(reply: value)
        return try reader.text() ?? ""
    }
}

extension AnthropicAdapter {
    /// Decodes `usage`. `input_tokens` excludes tokens read from and written to the cache. The values are cumulative,
    /// so later ones replace earlier ones.
    /// - Parameter isFirst: true discards `output_tokens`, which is a placeholder before anything was generated.
    func usage(_ reader: inout JSONReader, isFirst: Bool, _ reply: inout ReplyState) throws(JSONError) {
        guard try reader.isOptional(.object, "usage", &reply) else { return }
        var figures = try UsageFigures(&reader)
        if isFirst { figures.forgetOutput() }
        if let usage = figures.usage(.cacheBeside, after: reply.usageSoFar) { reply.usage(usage) }
    }
}
