package import UltraAPI

extension ResponsesAdapter {
    package func decodeAnswer(_ reader: inout JSONReader, into reply: inout ReplyState) throws(JSONError) {
        try response(&reader, status: nil, isWhole: true, &reply)
    }

    package func decodeEvent(_ reader: inout JSONReader, into reply: inout ReplyState) throws(JSONError) {
        let event = try ResponsesEvent(&reader)
        switch event.kind {
        case .textDelta:
            reply.text(try Self.text(event.delta), part: event.place.key(.content, event.partIndex))
        case .callDelta:
            reply.toolCall(key: event.outputIndex, arguments: try Self.text(event.delta))
        case .summaryDelta:
            reply.reasoning(try Self.text(event.delta), part: event.place.key(.summary, event.partIndex))
        case .reasoningDelta:
            reply.reasoning(try Self.text(event.delta), part: event.place.key(.content, event.partIndex))
        case .reasoningPart:
            guard event.partIndex ?? 0 > 0 else { return }
            reply.reasoningParts.close(after: reply.reasoningDigest)
            reply.reasoning(Self.separator)
        case .refusalDelta:
            reply.textParts.select(event.place.key(.content, event.partIndex), after: reply.textDigest)
            reply.refusal(try Self.text(event.delta))
        case .textDone:
            text(try Self.text(event.whole), event.partIndex ?? 0, at: event.place, &reply)
        case .refusalDone:
            text(try Self.text(event.whole), event.partIndex ?? 0, at: event.place, isRefusal: true, &reply)
        case .summaryDone:
            reasoning(try Self.text(event.whole), .summary, event.partIndex ?? 0, at: event.place, &reply)
        case .reasoningDone:
            reasoning(try Self.text(event.whole), .content, event.partIndex ?? 0, at: event.place, &reply)
        case .partDone:
            guard let part = event.whole else { return }
            try self.part(part, event.partIndex ?? 0, at: event.place, &reply)
        case .callDone:
            guard let whole = event.whole else { return }
            var reader = JSONReader(reply: whole)
            reply.toolCall(
                CallAssembly.Piece(form: .whole, key: event.outputIndex, arguments: try reader.text() ?? ""))
        case .itemAdded:
            guard let item = event.item else { return }
            if let call = try ResponsesItem(item).call(.start, key: event.outputIndex) { reply.toolCall(call) }
        case .itemDone:
            guard let item = event.item else { return }
            try deliver(try ResponsesItem(item), at: event.outputIndex, &reply)
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

    /// The text between the parts of a summary.
    static let separator = "\n\n"

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

    /// Decodes the last event, which ends the stream: this API has no end marker.
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
    /// Decodes the response object.
    /// - Parameters:
    ///   - status: the status that the event implies; the object's own takes precedence.
    ///   - isWhole: true if the object is the whole reply, false if it repeats what the stream contained.
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
                if try reader.hasValue() { reply.reportError() }
            case "incomplete_details" where try reader.kind() == .object:
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "reason": reason = try reader.text()
                    default: try reader.skip()
                    }
                }
            // Some servers stream only this event.
            case "output" where try reader.kind() == .array || isWhole:
                let content = try output(&reader, isWhole ? .own : .whole)
                reply.hasContent ? reply.receiveWhole(content) : reply.receive(content)
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
    private func output(
        _ reader: inout JSONReader, _ form: CallAssembly.Form
    ) throws(JSONError) -> ReplyContent {
        var content = ReplyContent()
        guard try reader.kind() != .null else {
            try reader.skip()
            return content
        }
        var index = 0
        try reader.beginArray()
        while try reader.nextElement() {
            let item = try ResponsesItem(try reader.raw())
            content.parts += item.content(form, key: index)
            index += 1
        }
        return content
    }

    /// Delivers what is new in a complete item.
    private func deliver(
        _ item: ResponsesItem, at index: Int?, _ reply: inout ReplyState
    ) throws(JSONError) {
        let place = ResponsesEvent.Place(index: index)
        for (number, part) in item.message.enumerated() {
            switch part {
            case .text(let words): text(words, number, at: place, &reply)
            case .refusal(let words): text(words, number, at: place, isRefusal: true, &reply)
            }
        }
        if let call = item.call(.whole, key: index) { reply.toolCall(call) }
        let (kind, texts) = item.reasoning
        for (number, text) in texts.enumerated() { reasoning(text, kind, number, at: place, &reply) }
        if let signature = item.signature { reply.reasoningSignature(signature, id: item.id) }
    }

    /// Delivers what is new in a complete part of a message.
    private func text(
        _ text: String, _ number: Int, at place: ResponsesEvent.Place, isRefusal: Bool = false,
        _ reply: inout ReplyState
    ) {
        reply.wholeText(
            text, part: place.key(.content, number), alias: ResponsesEvent.Place.unknown.key(.content, number),
            isRefusal: isRefusal)
    }

    /// Delivers what is new in a complete part of reasoning. Of a summary and the full reasoning, only the one that
    /// came first is delivered.
    private func reasoning(
        _ text: String, _ kind: ResponsesEvent.Place.Kind, _ number: Int, at place: ResponsesEvent.Place,
        _ reply: inout ReplyState
    ) {
        for place in [place, .unknown] {
            let other = place.key(kind == .summary ? .content : .summary, 0)
            guard reply.reasoningParts[other, after: reply.reasoningDigest].isEmpty else { return }
        }
        reply.wholeReasoning(
            text, part: place.key(kind, number), alias: ResponsesEvent.Place.unknown.key(kind, number),
            after: number > 0 ? Self.separator : "")
    }

    /// Decodes `{"type":"output_text","text":…}` and the other parts of messages and reasoning.
    private func part(
        _ json: UnsafeRawBufferPointer, _ number: Int, at place: ResponsesEvent.Place, _ reply: inout ReplyState
    ) throws(JSONError) {
        var reader = JSONReader(reply: json)
        guard try reader.kind() == .object else { return }
        var type: String?
        var text = ""
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "type": type = try reader.text()
            case "text", "refusal": text = try reader.stringOrNull() ?? ""
            default: try reader.skip()
            }
        }
        switch type {
        case "output_text", "text": self.text(text, number, at: place, &reply)
        case "refusal": self.text(text, number, at: place, isRefusal: true, &reply)
        case "summary_text": reasoning(text, .summary, number, at: place, &reply)
        case "reasoning_text": reasoning(text, .content, number, at: place, &reply)
        default: break
        }
    }
}
