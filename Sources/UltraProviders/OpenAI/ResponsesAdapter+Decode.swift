package import UltraAPI

extension ResponsesAdapter {
    package func decodeAnswer(_ reader: inout JSONReader, into reply: inout ReplyState) throws(JSONError) {
        try response(&reader, status: nil, isWhole: true, &reply)
    }

    package func decodeEvent(_ reader: inout JSONReader, into reply: inout ReplyState) throws(JSONError) {
        let event = try ResponsesEvent(&reader)
        switch event.kind {
        case .textDelta:
            reply.text(try Self.text(event.delta))
        case .callDelta:
            reply.toolCall(key: event.outputIndex ?? 0, arguments: try Self.text(event.delta))
        case .reasoningDelta:
            reply.reasoning(try Self.text(event.delta))
        case .reasoningPart:
            if (event.summaryIndex ?? 0) > 0 { reply.reasoning(Self.separator) }
        case .refusalDelta:
            reply.refusal(try Self.text(event.delta))
        case .itemAdded:
            guard let item = event.item else { return }
            try self.item(item, at: event.outputIndex ?? 0, reads: [.callStart], &reply)
        case .itemDone:
            guard let item = event.item else { return }
            try self.item(item, at: event.outputIndex ?? 0, reads: [.callRest, .signature], &reply)
        case .started:
            guard !reply.hasModel, let response = event.response else { return }
            try model(response, &reply)
        case .completed:
            try end(event, "completed", &reply)
        case .incomplete:
            try end(event, "incomplete", &reply)
        case .failed, .error:
            reply.reportError()
        case .other:
            break
        }
    }

    /// Between the parts of a summary.
    private static let separator = "\n\n"

    private static func text(_ json: UnsafeRawBufferPointer?) throws(JSONError) -> String {
        guard let json else { return "" }
        var reader = JSONReader(reply: json)
        return try reader.stringOrNull() ?? ""
    }

    private func model(_ response: UnsafeRawBufferPointer, _ reply: inout ReplyState) throws(JSONError) {
        var reader = JSONReader(reply: response)
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "model": reply.model(try reader.text() ?? "")
            default: try reader.skip()
            }
        }
    }

    /// The last event of a stream, and its end: there is no marker.
    private func end(
        _ event: ResponsesEvent, _ status: String, _ reply: inout ReplyState
    ) throws(JSONError) {
        if let response = event.response {
            var reader = JSONReader(reply: response)
            try self.response(&reader, status: status, isWhole: false, &reply)
        } else {
            finished(status, nil, &reply)
        }
        if !reply.isError { reply.end() }
    }
}

// MARK: - The response object

extension ResponsesAdapter {
    /// - Parameters:
    ///   - status: what the event says, where the object does not.
    ///   - isWhole: the object is the reply, not the repetition of what a stream said.
    private func response(
        _ reader: inout JSONReader, status: String?, isWhole: Bool, _ reply: inout ReplyState
    ) throws(JSONError) {
        var status = status
        var reason: String?
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "model" where !reply.hasModel:
                reply.model(try reader.text() ?? "")
            case "status":
                status = try reader.text() ?? status
            case "error":
                if try reader.saysSomething() { reply.reportError() }
            case "incomplete_details" where try reader.kind() == .object:
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "reason": reason = try reader.text()
                    default: try reader.skip()
                    }
                }
            // Some servers stream nothing but this.
            case "output" where isWhole || !reply.hasContent:
                try output(&reader, reads: isWhole ? .all : [.callStart, .text], &reply)
            case "usage":
                try chat.usage(&reader, &reply)
            default:
                try reader.skip()
            }
        }
        finished(status, reason, &reply)
    }

    private func finished(_ status: String?, _ reason: String?, _ reply: inout ReplyState) {
        switch status?.lowercased() {
        case "completed": reply.finish(.stop)
        case "incomplete":
            if let reason { reply.finish(reason) }
            if reply.finishReason == nil, !reply.isError { reply.finish(.other) }
        case "failed", "cancelled": reply.reportError()
        default: break
        }
    }
}

// MARK: - Output items

extension ResponsesAdapter {
    /// What is taken from an item: a stream says most of it before.
    private struct ItemParts: OptionSet {
        let rawValue: Int
        static let text = ItemParts(rawValue: 1)
        static let reasoning = ItemParts(rawValue: 2)
        static let signature = ItemParts(rawValue: 4)
        static let callStart = ItemParts(rawValue: 8)
        /// The arguments, unless they came in pieces.
        static let callRest = ItemParts(rawValue: 16)
        static let all: ItemParts = [.text, .reasoning, .signature, .callStart]
    }

    private func output(
        _ reader: inout JSONReader, reads parts: ItemParts, _ reply: inout ReplyState
    ) throws(JSONError) {
        guard try reader.kind() != .null else { return try reader.skip() }
        var index = 0
        try reader.beginArray()
        while try reader.nextElement() {
            try item(try reader.raw(), at: index, reads: parts, &reply)
            index += 1
        }
    }

    private func item(
        _ json: UnsafeRawBufferPointer, at index: Int, reads parts: ItemParts, _ reply: inout ReplyState
    ) throws(JSONError) {
        var type: String?
        var id: String?
        var callID: String?
        var name: String?
        var arguments = ""
        var encrypted: String?
        var content: UnsafeRawBufferPointer?
        var summary: UnsafeRawBufferPointer?
        var reader = JSONReader(reply: json)
        guard try reader.kind() == .object else { return }
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "type": type = try reader.text()
            case "id": id = try reader.text()
            case "call_id": callID = try reader.text()
            case "name": name = try reader.text()
            case "arguments": arguments = try reader.text() ?? ""
            case "encrypted_content" where parts.contains(.signature): encrypted = try reader.stringOrNull()
            case "content" where try reader.kind() == .array: content = try reader.raw()
            case "summary" where try reader.kind() == .array: summary = try reader.raw()
            default: try reader.skip()
            }
        }
        switch type {
        case "message":
            if parts.contains(.text), let content { try message(content, &reply) }
        case "function_call":
            if parts.contains(.callStart) {
                reply.toolCall(key: index, id: callID ?? id, name: name, arguments: arguments)
            } else if parts.contains(.callRest), reply.lacksArguments(key: index) {
                reply.toolCall(key: index, id: callID ?? id, name: name, arguments: arguments)
            }
        case "reasoning":
            if parts.contains(.reasoning) {
                let thoughts = [try summary.map(texts) ?? "", try content.map(texts) ?? ""]
                reply.reasoning(thoughts.first { !$0.isEmpty } ?? "")
            }
            if let encrypted, !encrypted.isEmpty {
                reply.reasoningSignature(ReasoningItem(id: id, encryptedContent: encrypted).signature)
            }
        default:
            break
        }
    }

    /// `[{"type":"output_text","text":…}]`, or `refusal` in place of the text.
    private func message(_ content: UnsafeRawBufferPointer, _ reply: inout ReplyState) throws(JSONError) {
        var reader = JSONReader(reply: content)
        try reader.beginArray()
        while try reader.nextElement() {
            guard try reader.kind() == .object else {
                try reader.skip()
                continue
            }
            try reader.beginObject()
            while let key = try reader.nextKey() {
                switch key {
                case "text": reply.text(try reader.stringOrNull() ?? "")
                case "refusal": reply.refusal(try reader.text() ?? "")
                default: try reader.skip()
                }
            }
        }
    }

    /// The parts of reasoning, `[{"type":"summary_text","text":…}]`.
    private func texts(_ parts: UnsafeRawBufferPointer) throws(JSONError) -> String {
        var texts: [String] = []
        var reader = JSONReader(reply: parts)
        try reader.beginArray()
        while try reader.nextElement() {
            guard try reader.kind() == .object else {
                try reader.skip()
                continue
            }
            try reader.beginObject()
            while let key = try reader.nextKey() {
                switch key {
                case "text": texts.append(try reader.text() ?? "")
                default: try reader.skip()
                }
            }
        }
        return texts.filter { !$0.isEmpty }.joined(separator: Self.separator)
    }
}
