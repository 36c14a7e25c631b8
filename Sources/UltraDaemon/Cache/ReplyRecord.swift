internal import UltraAPI

/// The form of a kept reply in the cache's file: one JSON object.
enum ReplyRecord {
    static func bytes(_ reply: Reply) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        switch reply {
        case .answer(let answer): write(answer, to: &json)
        case .embeddings(let answer): write(answer, to: &json)
        }
        json.endObject()
        return json.bytes
    }

    /// nil: this daemon would not have written these bytes.
    static func reply(_ bytes: [UInt8]) -> Reply? {
        do throws(JSONError) {
            return try JSONReader.read(bytes) { (reader) throws(JSONError) in
                var fields = Fields()
                try fields.read(&reader)
                try reader.end()
                return fields.reply
            }
        } catch {
            return nil
        }
    }

    private static func write(_ answer: Answer, to json: inout JSONWriter) {
        json.field("model", answer.model)
        json.field("provider", answer.provider)
        json.fieldIfPresent("provider_model", answer.providerModel)
        json.field("text", answer.text)
        if !answer.reasoning.isEmpty {
            json.key("reasoning")
            json.beginArray()
            for piece in answer.reasoning {
                json.beginObject()
                json.field("text", piece.text)
                json.fieldIfPresent("signature", piece.signature)
                json.endObject()
            }
            json.endArray()
        }
        if !answer.toolCalls.isEmpty { json.toolCalls(answer.toolCalls) }
        write(answer.order, to: &json)
        json.field("finish_reason", answer.finishReason.rawValue)
        json.fieldIfPresent("input_tokens", answer.usage.inputTokens)
        json.fieldIfPresent("output_tokens", answer.usage.outputTokens)
        json.fieldIfPresent("cached_input_tokens", answer.usage.cachedInputTokens)
        json.fieldIfPresent("cache_write_tokens", answer.usage.cacheWriteTokens)
        json.fieldIfPresent("reasoning_tokens", answer.usage.reasoningTokens)
        json.field("usage_source", answer.usage.source.rawValue)
        json.fieldIfPresent("cost_micro_usd", answer.costMicroUSD)
        json.fieldIfPresent("request_id", answer.requestID)
        json.strings("warnings", answer.warnings)
        if answer.isMock { json.field("mock", true) }
    }

    /// The order as pairs of a kind and a number, for answers of more than one part.
    private static func write(_ order: [Answer.Mark], to json: inout JSONWriter) {
        guard order.count > 1 else { return }
        json.key("order")
        json.beginArray()
        for mark in order {
            switch mark {
            case .text(let start): [0, start].forEach { json.int($0) }
            case .reasoning(let index): [1, index].forEach { json.int($0) }
            case .call(let index): [2, index].forEach { json.int($0) }
            }
        }
        json.endArray()
    }

    private static func write(_ answer: EmbedAnswer, to json: inout JSONWriter) {
        json.field("model", answer.model)
        json.field("provider", answer.provider)
        json.fieldIfPresent("provider_model", answer.embeddings.providerModel)
        json.key("embeddings")
        json.beginArray()
        for vector in answer.embeddings.vectors { json.raw(vector) }
        json.endArray()
        json.fieldIfPresent("dimensions", answer.embeddings.dimensions)
        json.fieldIfPresent("input_tokens", answer.embeddings.inputTokens)
        json.fieldIfPresent("cost_micro_usd", answer.costMicroUSD)
        json.fieldIfPresent("request_id", answer.requestID)
        json.strings("warnings", answer.warnings)
    }

    /// Members of both kinds of reply; `embeddings` tells which kind it is.
    private struct Fields {
        var answer = Answer(model: "", provider: "")
        var embeddings: Embeddings?
        var dimensions: Int?

        var order: [Int] = []

        var reply: Reply? {
            guard !answer.model.isEmpty, !answer.provider.isEmpty else { return nil }
            guard var embeddings else {
                var answer = answer
                guard let marks = marks else { return nil }
                answer.order = marks
                return .answer(answer)
            }
            embeddings.dimensions = dimensions
            embeddings.providerModel = answer.providerModel
            embeddings.inputTokens = answer.usage.inputTokens
            var reply = EmbedAnswer(model: answer.model, provider: answer.provider, embeddings)
            reply.costMicroUSD = answer.costMicroUSD
            reply.cache = .hit
            reply.requestID = answer.requestID
            reply.warnings = answer.warnings
            return .embeddings(reply)
        }

        /// nil: the order refers to a part that is missing.
        private var marks: [Answer.Mark]? {
            // One part, or a record of a daemon without orders.
            guard !order.isEmpty else { return answer.usualOrder }
            guard order.count.isMultiple(of: 2) else { return nil }
            var marks: [Answer.Mark] = []
            var textStart = 0
            for index in stride(from: 0, to: order.count, by: 2) {
                switch (order[index], order[index + 1]) {
                case (0, let start) where (textStart...answer.text.utf8.count).contains(start):
                    textStart = start
                    marks.append(.text(start))
                case (1, let index) where answer.reasoning.indices.contains(index): marks.append(.reasoning(index))
                case (2, let index) where answer.toolCalls.indices.contains(index): marks.append(.call(index))
                default: return nil
                }
            }
            return marks
        }

        mutating func read(_ reader: inout JSONReader) throws(JSONError) {
            answer.cache = .hit
            try reader.beginObject()
            while let key = try reader.nextKey() {
                switch key {
                case "model": answer.model = try reader.string()
                case "provider": answer.provider = try reader.string()
                case "provider_model": answer.providerModel = try reader.string()
                case "text": answer.text = try reader.string()
                case "reasoning":
                    try reader.beginArray()
                    while try reader.nextElement() { answer.reasoning.append(try Self.piece(&reader)) }
                case "tool_calls":
                    try reader.beginArray()
                    while try reader.nextElement() { answer.toolCalls.append(try Self.call(&reader)) }
                case "order":
                    try reader.beginArray()
                    while try reader.nextElement() { order.append(try reader.int()) }
                case "finish_reason": answer.finishReason = FinishReason(rawValue: try reader.string()) ?? .other
                case "usage_source": answer.usage.source = Usage.Source(rawValue: try reader.string()) ?? .unknown
                case "input_tokens": answer.usage.inputTokens = try reader.int()
                case "output_tokens": answer.usage.outputTokens = try reader.int()
                case "cached_input_tokens": answer.usage.cachedInputTokens = try reader.int()
                case "cache_write_tokens": answer.usage.cacheWriteTokens = try reader.int()
                case "reasoning_tokens": answer.usage.reasoningTokens = try reader.int()
                case "cost_micro_usd": answer.costMicroUSD = try reader.int()
                case "request_id": answer.requestID = try reader.string()
                case "mock": answer.isMock = try reader.bool()
                case "dimensions": dimensions = try reader.int()
                case "warnings":
                    try reader.beginArray()
                    while try reader.nextElement() { answer.warnings.append(try reader.string()) }
                case "embeddings":
                    var vectors: [RawJSON] = []
                    try reader.beginArray()
                    while try reader.nextElement() { vectors.append(try reader.rawJSON()) }
                    embeddings = Embeddings(vectors: vectors)
                default: try reader.skip()
                }
            }
        }

        private static func piece(_ reader: inout JSONReader) throws(JSONError) -> ReasoningPiece {
            var piece = ReasoningPiece(text: "")
            try reader.beginObject()
            while let key = try reader.nextKey() {
                switch key {
                case "text": piece.text = try reader.string()
                case "signature": piece.signature = try reader.string()
                default: try reader.skip()
                }
            }
            return piece
        }

        private static func call(_ reader: inout JSONReader) throws(JSONError) -> ToolCall {
            var call = ToolCall(id: "", name: "", arguments: "")
            try reader.beginObject()
            while let key = try reader.nextKey() {
                switch key {
                case "id": call.id = try reader.string()
                case "name": call.name = try reader.string()
                case "arguments": call.arguments = try reader.string()
                case "signature": call.signature = try reader.string()
                default: try reader.skip()
                }
            }
            return call
        }
    }
}
