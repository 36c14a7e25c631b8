package import UltraAPI

/// The adapter for Mistral's chat API, which resembles OpenAI's but refuses unknown members.
///
/// Requests therefore have an encoder of their own. Replies are decoded by `OpenAIAdapter`.
package struct MistralAdapter: Adapter {
    package let provider: String
    package let endpoint: Endpoint
    package let key: Secret?
    private let chat: OpenAIAdapter

    package init(provider: String = "mistral", endpoint: Endpoint, key: Secret?) {
        self.provider = provider
        self.endpoint = endpoint
        self.key = key
        chat = OpenAIAdapter(provider: provider, endpoint: endpoint, key: key, dialect: Dialect())
    }

    package func listRequest(page: String?) -> HTTPRequest { chat.listRequest(page: page) }

    package func decodeAnswer(_ reader: inout JSONReader, into reply: inout ReplyState) throws(JSONError) {
        try chat.decodeAnswer(&reader, into: &reply)
    }

    package func decodeEvent(_ reader: inout JSONReader, into reply: inout ReplyState) throws(JSONError) {
        try chat.decodeEvent(&reader, into: &reply)
    }

    package func decodeEmbeddings(_ reader: inout JSONReader) throws(JSONError) -> Embeddings {
        try chat.decodeEmbeddings(&reader)
    }

    package func classify(_ error: ErrorBody, status: Int?) -> ErrorClass {
        let message = (error.message ?? "").lowercased()
        if error.code == "3505" || message.contains("capacity exceeded") {
            return ErrorClass(.overloaded, isRetryable: true)
        }
        if message.contains("too many tokens in batch") { return ErrorClass(.contextLength, isRetryable: false) }
        if status == 403, message.contains("guardrail") || message.contains("moderation") {
            return ErrorClass(.contentFiltered, isRetryable: false)
        }
        return ErrorClass.standard(error, status: status)
    }

    /// A call with a JSON body.
    func call(_ path: String, _ body: [UInt8], isStream: Bool) -> HTTPRequest {
        HTTPRequest(
            url: endpoint.url(path),
            headers: chat.authorization + [
                HTTPHeader("Content-Type", "application/json"),
                HTTPHeader("Accept", isStream ? "text/event-stream" : "application/json"),
            ], body: body)
    }
}

extension MistralAdapter {
    /// A call may have about 16,000 tokens in total, so 32 inputs leave 500 tokens for each.
    package var embedBatchLimit: Int { 32 }

    package func encodeEmbed(_ request: EmbedRequest, model: String) throws(UltraError) -> EncodedRequest {
        let omitted = Omissions(provider, model, refused: [])
        var body = try RequestBody(request.providerOptions, provider: provider)
        body.member("model", model)
        body.member("input", request.input)
        if let dimensions = request.dimensions {
            // mistral-embed has vectors of one length, and refuses the parameter even with that length.
            if !model.hasPrefix("mistral-embed") {
                body.member("output_dimension", dimensions)
            } else if dimensions != 1024 {
                throw omitted.capabilityMissing("makes vectors of 1024 dimensions only")
            }
        }
        return EncodedRequest(call("/embeddings", body.finish(), isStream: false))
    }
}

/// Decoding of `GET /models`, which lists every alias as a separate model.
extension MistralAdapter {
    private struct Card {
        var model = DiscoveredModel(id: "")
        /// The id of the model that this card is an alias of.
        var name: String?
        var isArchived = false
    }

    package func decodeModels(_ reader: inout JSONReader) throws(JSONError) -> ModelPage {
        var cards: [Card] = []
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "data" where try reader.kind() == .array:
                try reader.beginArray()
                while try reader.nextElement() { cards.append(try card(&reader)) }
            default:
                try reader.skip()
            }
        }
        return ModelPage(Self.merged(cards.filter { !$0.model.id.isEmpty && !$0.isArchived }))
    }

    /// Merges the cards of each model: those with the same name or, for cards without a name, those that list each
    /// other as aliases. An id belongs to the first model that has it.
    private static func merged(_ cards: [Card]) -> [DiscoveredModel] {
        let ids = Set(cards.map(\.model.id))
        var models: [DiscoveredModel] = []
        var positions: [String: Int] = [:]
        for card in cards {
            let canonical = card.name.flatMap { ids.contains($0) ? $0 : nil }
            let known = canonical ?? card.model.aliases.first { positions[$0] != nil } ?? card.model.id
            if let position = positions[known] {
                if positions[card.model.id] == nil {
                    positions[card.model.id] = position
                    models[position].aliases.append(card.model.id)
                }
                continue
            }
            var model = card.model
            let aliases = ([model.id] + model.aliases).filter { $0 != canonical ?? model.id }
            model.id = canonical ?? model.id
            positions[model.id] = models.count
            model.aliases = []
            for alias in aliases where positions[alias] == nil {
                positions[alias] = models.count
                model.aliases.append(alias)
            }
            models.append(model)
        }
        return models
    }

    private func card(_ reader: inout JSONReader) throws(JSONError) -> Card {
        var card = Card()
        guard try reader.kind() == .object else {
            try reader.skip()
            return card
        }
        var flags: Set<String>?
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "id": card.model.id = try reader.text() ?? ""
            case "name": card.name = try reader.text()
            case "aliases" where try reader.kind() == .array: card.model.aliases = try reader.texts()
            case "archived": card.isArchived = try reader.text() == "true"
            case "max_context_length": card.model.contextWindow = try reader.count()
            case "deprecation": card.model.retiresOn = try reader.text()
            case "capabilities" where try reader.kind() == .object: flags = try trueMembers(&reader)
            default: try reader.skip()
            }
        }
        describe(&card.model, flags)
        return card
    }

    private func trueMembers(_ reader: inout JSONReader) throws(JSONError) -> Set<String> {
        var members: Set<String> = []
        try reader.beginObject()
        while let key = try reader.nextKey() {
            let name = String(key)
            if try reader.text() == "true" { members.insert(name) }
        }
        return members
    }

    /// Sets the model's kind and capabilities.
    /// - Parameter flags: the capabilities that the card marks as true; nil if it has none.
    private func describe(_ model: inout DiscoveredModel, _ flags: Set<String>?) {
        let name = model.id.lowercased()
        let isChat = flags?.contains("completion_chat") == true
        if name.contains("embed"), !isChat {
            model.kind = .embeddings
            model.capabilities = [.embeddings]
            return
        }
        guard let flags else { return }
        // Transcription models have the flag for chat too.
        guard isChat, !name.contains("transcribe") else {
            model.kind = .other
            return
        }
        model.kind = .chat
        var found: Set<Capability> = [.chat, .streaming]
        if flags.contains("function_calling") { found.insert(.tools) }
        if flags.contains("vision") { found.insert(.vision) }
        if flags.contains("reasoning") || name.hasPrefix("magistral") { found.insert(.reasoning) }
        // The list does not mention JSON; only the first models lack it.
        if !name.contains("mixtral"), !name.contains("mistral-7b") { found.formUnion([.json, .jsonSchema]) }
        model.capabilities = found
    }
}
