package import UltraAPI

/// Writes an answer in the format of OpenAI's Responses API: as a `response`, or as its stream of events, with one item
/// open at a time.
package struct ResponsesWriter: AnswerWriter {
    /// Clients recognise a complete stream by `response.completed`. If the connection breaks instead, Codex drops the
    /// error before it.
    package static let form = AnswerStreamForm(lines: .events, endsProperlyAfterFailure: true)

    private let origin: AnswerOrigin
    private let form: ResponsesForm
    private var response: ResponseObject
    private var blocks = AnswerBlocks()
    private var item: ResponseItem?
    /// True if the open item's content part has begun.
    private var hasPart = false
    private var sequence = 0
    /// UTF-8 bytes of content, the basis for estimating usage that the provider does not report.
    private var contentBytes = 0

    init(_ origin: AnswerOrigin, _ form: ResponsesForm) {
        self.origin = origin
        self.form = form
        response = ResponseObject(origin: origin, form: form)
    }

    // MARK: - Unary

    package func body(_ answer: Answer) -> [UInt8] {
        var copy = self
        // Only the items are needed, not the events that build them.
        var dropped: [UInt8] = []
        for step in AnswerBlocks.steps(answer) {
            copy.step(step, to: &dropped)
            dropped.removeAll(keepingCapacity: true)
        }
        copy.complete(answer, answer.contentBytes)
        var json = JSONWriter()
        copy.response.write(to: &json)
        return json.bytes
    }

    private mutating func complete(_ answer: Answer, _ contentBytes: Int) {
        response.model = answer.model
        response.finish = answer.finishReason
        response.status = ResponseObject.status(answer.finishReason)
        response.tokens = AnswerTokens(
            answer.usage, estimatedInput: origin.estimatedInputTokens, outputBytes: contentBytes)
    }

    // MARK: - Stream

    package mutating func start(model: String, to bytes: inout [UInt8]) {
        response.model = model
        writeResponse("response.created", to: &bytes)
        writeResponse("response.in_progress", to: &bytes)
    }

    package mutating func event(_ event: AnswerEvent, to bytes: inout [UInt8]) {
        contentBytes &+= event.contentBytes
        // Swapped, because a copy would double the blocks' text.
        var taken = AnswerBlocks()
        swap(&taken, &blocks)
        taken.receive(event) { step($0, to: &bytes) }
        swap(&taken, &blocks)
    }

    package mutating func done(_ answer: Answer, to bytes: inout [UInt8]) {
        var taken = blocks
        taken.finish { step($0, to: &bytes) }
        complete(answer, contentBytes)
        writeResponse(
            response.status == .incomplete ? "response.incomplete" : "response.completed", to: &bytes)
    }

    package mutating func failed(_ error: UltraError, to bytes: inout [UInt8]) {
        response.status = .failed
        response.error = error
        writeResponse("response.failed", to: &bytes)
        // openai-python raises an exception only for this event.
        write("error", to: &bytes) { OpenAIErrorWriter.writeMember(error, to: &$0) }
    }

    package func filler(to bytes: inout [UInt8]) {
        bytes += Array(": ultrad\n\n".utf8)
    }

    // MARK: - Items

    private mutating func step(_ step: AnswerBlocks.Step, to bytes: inout [UInt8]) {
        switch step {
        case .open(let kind): open(ResponseItem(kind, form.calls, suffix: "\(origin.number)_\(index)"), to: &bytes)
        case .text(let text), .reasoning(let text), .arguments(let text): add(text, to: &bytes)
        case .signature(let signature): item?.signature = signature
        case .close: close(to: &bytes)
        }
    }

    /// Index of the open item, or of the next one.
    private var index: Int { response.items.count }

    private mutating func open(_ item: ResponseItem, to bytes: inout [UInt8]) {
        self.item = item
        hasPart = false
        let (index, includes) = (index, form.includesSignatures)
        write("response.output_item.added", to: &bytes) { json in
            json.field("output_index", index)
            json.key("item")
            item.write(isDone: false, includesSignature: includes, to: &json)
        }
        if item.kind == .message { beginPart(item, to: &bytes) }
    }

    private mutating func beginPart(_ item: ResponseItem, to bytes: inout [UInt8]) {
        hasPart = true
        part(item, "response.content_part.added", "response.reasoning_summary_part.added", to: &bytes) {
            Self.writePart(of: item, text: "", to: &$0)
        }
    }

    private static func writePart(of item: ResponseItem, text: String, to json: inout JSONWriter) {
        json.key("part")
        if item.kind == .message {
            ResponseItem.writeTextPart(text, to: &json)
        } else {
            ResponseItem.writeSummaryPart(text, to: &json)
        }
    }

    private mutating func add(_ text: String, to bytes: inout [UInt8]) {
        item?.text += text
        guard let item else { return }
        switch item.kind {
        case .message:
            part(item, "response.output_text.delta", "", to: &bytes) { json in
                json.field("delta", text)
                Self.noProbabilities(&json)
            }
        case .reasoning:
            if !hasPart { beginPart(item, to: &bytes) }
            part(item, "", "response.reasoning_summary_text.delta", to: &bytes) { $0.field("delta", text) }
        case .function: call(item, "response.function_call_arguments.delta", to: &bytes) { $0.field("delta", text) }
        // The tool's text is inside the JSON arguments, so it is written once they are complete.
        case .custom: break
        }
    }

    private mutating func close(to bytes: inout [UInt8]) {
        guard var item else { return }
        switch item.kind {
        case .message:
            part(item, "response.output_text.done", "", to: &bytes) { json in
                json.field("text", item.text)
                Self.noProbabilities(&json)
            }
        case .reasoning where hasPart:
            part(item, "", "response.reasoning_summary_text.done", to: &bytes) { $0.field("text", item.text) }
        case .reasoning: break
        case .function(_, let name, _):
            call(item, "response.function_call_arguments.done", to: &bytes) { json in
                json.field("name", name)
                json.field("arguments", item.text)
            }
        case .custom:
            item.text = CustomTool.input(item.text)
            call(item, "response.custom_tool_call_input.delta", to: &bytes) { $0.field("delta", item.text) }
            call(item, "response.custom_tool_call_input.done", to: &bytes) { $0.field("input", item.text) }
        }
        if hasPart {
            part(item, "response.content_part.done", "response.reasoning_summary_part.done", to: &bytes) {
                Self.writePart(of: item, text: item.text, to: &$0)
            }
        }
        let (index, includes) = (index, form.includesSignatures)
        write("response.output_item.done", to: &bytes) { json in
            json.field("output_index", index)
            json.key("item")
            item.write(isDone: true, includesSignature: includes, to: &json)
        }
        response.items.append(item)
        self.item = nil
    }

    private static func noProbabilities(_ json: inout JSONWriter) {
        json.key("logprobs")
        json.beginArray()
        json.endArray()
    }

    // MARK: - Events

    private mutating func part(
        _ item: ResponseItem, _ ofMessage: StaticString, _ ofReasoning: StaticString, to bytes: inout [UInt8],
        _ members: (inout JSONWriter) -> Void
    ) {
        let index = index
        let isMessage = item.kind == .message
        write(isMessage ? ofMessage : ofReasoning, to: &bytes) { json in
            json.field("item_id", item.id)
            json.field("output_index", index)
            json.field(isMessage ? "content_index" : "summary_index", 0)
            members(&json)
        }
    }

    private mutating func call(
        _ item: ResponseItem, _ name: StaticString, to bytes: inout [UInt8], _ members: (inout JSONWriter) -> Void
    ) {
        let index = index
        write(name, to: &bytes) { json in
            json.field("item_id", item.id)
            json.field("output_index", index)
            members(&json)
        }
    }

    private mutating func writeResponse(_ name: StaticString, to bytes: inout [UInt8]) {
        let response = response
        write(name, to: &bytes) { json in
            json.key("response")
            response.write(to: &json)
        }
    }

    private mutating func write(
        _ name: StaticString, to bytes: inout [UInt8], _ members: (inout JSONWriter) -> Void
    ) {
        let number = sequence
        ServerSentEvent.write(name, to: &bytes) { json in
            json.field("sequence_number", number)
            members(&json)
        }
        sequence += 1
    }
}
