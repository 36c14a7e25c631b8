import UltraAPI

/// A member of our request that a server refuses and can do without, as its error names it.
///
/// Servers refuse what they do not know, `stream_options` above all, and each knows something else; what one refuses is
/// learnt from it. What makes a request (its messages, tools, format) is never left out.
package struct RefusedMember: Sendable, Equatable {
    /// As it stands in `WireFacts.omitted`: every spelling of it.
    package let names: [String]

    /// What the client asked for by it; `nil`: nothing, we added it by ourselves.
    private enum Wish: Sendable {
        case parameter(Parameter)
        case maxTokens
    }

    private struct Row: Sendable {
        var names: [String]
        var wish: Wish?
        /// It stands within messages, tools or the format.
        var isInner = false
    }

    private static let rows: [Row] = [
        Row(names: ["stream_options"]), Row(names: ["include_obfuscation"]), Row(names: ["store"]),
        Row(names: ["include"]), Row(names: ["prompt_mode"]), Row(names: ["num_ctx"]),
        Row(names: ["strict"], isInner: true), Row(names: ["reasoning_content"], isInner: true),
        Row(names: ["reasoning_details"], isInner: true), Row(names: [nullContent], isInner: true),
        Row(names: ["prefix"], isInner: true),
        Row(names: ["max_tokens"], wish: .maxTokens), Row(names: ["max_completion_tokens"], wish: .maxTokens),
        Row(names: ["max_output_tokens", "maxOutputTokens"], wish: .maxTokens),
        Row(names: ["temperature"], wish: .parameter(.temperature)),
        Row(names: ["top_p", "topP"], wish: .parameter(.topP)), Row(names: ["top_k", "topK"], wish: .parameter(.topK)),
        Row(names: ["stop"], wish: .parameter(.stop)),
        Row(names: ["stop_sequences", "stopSequences"], wish: .parameter(.stop)),
        Row(names: ["seed"], wish: .parameter(.seed)), Row(names: ["random_seed"], wish: .parameter(.seed)),
        Row(names: ["frequency_penalty", "frequencyPenalty"], wish: .parameter(.frequencyPenalty)),
        Row(names: ["presence_penalty", "presencePenalty"], wish: .parameter(.presencePenalty)),
        Row(names: ["parallel_tool_calls"], wish: .parameter(.parallelToolCalls)),
        Row(names: ["reasoning_effort"], wish: .parameter(.reasoning)),
        Row(names: ["reasoning"], wish: .parameter(.reasoning)), Row(names: ["thinking"], wish: .parameter(.reasoning)),
        Row(names: ["think"], wish: .parameter(.reasoning)),
    ]

    /// Stands in `WireFacts.omitted` for the `content` of an assistant message that has calls and no text: it is sent
    /// as an empty string in place of null.
    static let nullContent = "content"

    private static let byWord: [String: Row] = Dictionary(
        rows.flatMap { row in row.names.map { (squashed($0), row) } }, uniquingKeysWith: { first, _ in first })

    private init(_ row: Row) {
        names = row.names
    }

    /// Whether a configuration may say of the member that it is not sent.
    package static func isName(_ name: String) -> Bool {
        rows.contains { $0.names.contains(name) }
    }

    /// What an error blames; `nil`: nothing that could be left out.
    /// - Parameter known: what was left out already.
    package init?(_ error: ErrorBody, known: Set<String>) {
        let message = error.message ?? ""
        let said = [message, error.code ?? "", error.type ?? ""].joined(separator: " ").lowercased()
        let isRefusal = Self.saysRefused(said)
        func mayBe(_ row: Row) -> Bool {
            (row.wish == nil || isRefusal) && !row.names.contains(where: known.contains)
        }
        if let path = error.parameter, !path.isEmpty {
            guard let row = Self.row(path), mayBe(row) else { return nil }
            self.init(row)
            return
        }
        guard let row = Self.words(message).lazy.compactMap({ Self.byWord[$0] }).first(where: mayBe) else {
            return nil
        }
        self.init(row)
    }

    /// The row of `body.stream_options`, `tools[0].function.strict`, `messages.1.content`.
    private static func row(_ path: String) -> Row? {
        let wrappers: Set<String> = ["body", "generationConfig", "generation_config", "options"]
        let all: [String] = path.utf8.split { byte in !isWord(byte) }.map { String(Substring($0)) }
        let steps = all.filter { !wrappers.contains($0) }
        guard let first = steps.first else { return nil }
        if let row = byWord[squashed(first)], !row.isInner { return row }
        let isInside = ["messages", "tools", "input", "response_format", "text"].contains(first)
        guard isInside || steps.count == 1 else { return nil }
        return steps.lazy.compactMap { byWord[squashed($0)] }.first { $0.isInner }
    }

    /// The words of a message that can be names: those with an underscore or a capital within, and those in quotation
    /// marks; `stop` and `include` are English too.
    private static func words(_ message: String) -> [String] {
        let bytes = Array(message.utf8.prefix(2000))
        var words: [String] = []
        var start: Int?
        for index in 0...bytes.count {
            if index < bytes.count, isWord(bytes[index]) {
                start = start ?? index
                continue
            }
            guard let begin = start else { continue }
            start = nil
            let word = bytes[begin..<index]
            let isQuoted =
                begin > 0 && isQuote(bytes[begin - 1]) && index < bytes.count
                && (isQuote(bytes[index]) || bytes[index] == UInt8(ascii: "."))
            let isLast = index == bytes.count && begin > 1 && bytes[begin - 2] == UInt8(ascii: ":")
            let isCompound =
                word.contains(UInt8(ascii: "_")) || word.dropFirst().contains { (0x41...0x5A).contains($0) }
            if isQuoted || isLast || isCompound { words.append(squashed(String(decoding: word, as: UTF8.self))) }
        }
        return words
    }

    private static func isQuote(_ byte: UInt8) -> Bool { byte == 0x22 || byte == 0x27 || byte == 0x60 }

    private static func isWord(_ byte: UInt8) -> Bool {
        byte.isDigit || byte == UInt8(ascii: "_") || (byte | 0x20) &- UInt8(ascii: "a") < 26
    }

    private static func squashed(_ name: String) -> String {
        String(decoding: name.lowercased().utf8.filter { $0 != UInt8(ascii: "_") }, as: UTF8.self)
    }

    /// Not that its value is too large: what the client asked for is left out only where it is not taken at all.
    private static func saysRefused(_ text: String) -> Bool {
        refusals.contains(where: text.holds)
    }

    private static let refusals: [StaticString] = [
        "unsupported", "not support", "unknown", "unrecognized", "unexpected", "extra", "not permitted", "not allowed",
        "forbidden", "not accept", "not recognized", "deprecated", "cannot both", "no such", "not available",
    ]

    /// What `request` asks for and `facts` leave out, a sentence each. A limit of tokens counts only if no name for it
    /// is left.
    static func wishes(in request: Request, _ facts: WireFacts, model: String) -> [String] {
        var words: [String] = []
        for row in rows where row.names.contains(where: facts.omitted.contains) {
            switch row.wish {
            case .parameter(let parameter)? where request.carries(parameter):
                if !words.contains(parameter.word) { words.append(parameter.word) }
            case .maxTokens?
            where request.sampling.maxTokens != nil
                && (!row.names.contains { $0.hasPrefix("max_tokens") || $0.hasPrefix("max_completion") }
                    || ["max_tokens", "max_completion_tokens"].allSatisfy(facts.omitted.contains)):
                if !words.contains("max_tokens") { words.append("max_tokens") }
            default: break
            }
        }
        return words.map { "\(model) does not take \($0): it was left out" }
    }
}

extension Request {
    fileprivate func carries(_ parameter: Parameter) -> Bool {
        switch parameter {
        case .temperature: sampling.temperature != nil
        case .topP: sampling.topP != nil
        case .topK: sampling.topK != nil
        case .stop: !sampling.stop.isEmpty
        case .seed: sampling.seed != nil
        case .frequencyPenalty: sampling.frequencyPenalty != nil
        case .presencePenalty: sampling.presencePenalty != nil
        case .tools: !tools.isEmpty
        case .toolChoice: toolChoice != nil
        case .parallelToolCalls: parallelToolCalls != nil
        case .reasoning: reasoning?.effort != nil || reasoning?.budgetTokens != nil
        case .jsonSchema, .responseFormat: responseFormat != .text
        }
    }
}
