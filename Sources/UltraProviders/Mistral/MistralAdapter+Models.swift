package import UltraAPI

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
