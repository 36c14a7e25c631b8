import UltraAPI

/// An optional member of the request body that a server refuses, found from its error.
///
/// Servers refuse members they do not know, most often `stream_options`, and each knows a different set, so it is
/// learnt from their errors. Essential members (messages, tools, format) are never left out.
package struct RefusedMember: Sendable, Equatable {
    /// All spellings of the member, as stored in `WireFacts.omitted`.
    package let names: [String]

    /// The client's parameter that the member carries; nil if the adapter adds the member on its own.
    private enum ClientParameter: Sendable {
        case parameter(Parameter)
        case maxTokens
    }

    /// One optional member of request bodies.
    private struct Row: Sendable {
        var names: [String]
        var parameter: ClientParameter?
        /// The member occurs inside messages, tools or the format, not at the top level.
        var isInner = false
    }

    private static let rows: [Row] = [
        Row(names: ["stream_options"]), Row(names: ["include_obfuscation"]), Row(names: ["store"]),
        Row(names: ["include"]), Row(names: ["prompt_mode"]), Row(names: ["num_ctx"]),
        Row(names: ["strict"], isInner: true), Row(names: ["reasoning_content"], isInner: true),
        Row(names: ["reasoning_details"], isInner: true), Row(names: [nullContent], isInner: true),
        Row(names: ["prefix"], isInner: true),
        Row(names: ["max_tokens"], parameter: .maxTokens), Row(names: ["max_completion_tokens"], parameter: .maxTokens),
        Row(names: ["max_output_tokens", "maxOutputTokens"], parameter: .maxTokens),
        Row(names: ["temperature"], parameter: .parameter(.temperature)),
        Row(names: ["top_p", "topP"], parameter: .parameter(.topP)),
        Row(names: ["top_k", "topK"], parameter: .parameter(.topK)),
        Row(names: ["stop"], parameter: .parameter(.stop)),
        Row(names: ["stop_sequences", "stopSequences"], parameter: .parameter(.stop)),
        Row(names: ["seed"], parameter: .parameter(.seed)), Row(names: ["random_seed"], parameter: .parameter(.seed)),
        Row(names: ["frequency_penalty", "frequencyPenalty"], parameter: .parameter(.frequencyPenalty)),
        Row(names: ["presence_penalty", "presencePenalty"], parameter: .parameter(.presencePenalty)),
        Row(names: ["parallel_tool_calls"], parameter: .parameter(.parallelToolCalls)),
        Row(names: ["reasoning_effort"], parameter: .parameter(.reasoning)),
        Row(names: ["reasoning"], parameter: .parameter(.reasoning)),
        Row(names: ["thinking"], parameter: .parameter(.reasoning)),
        Row(names: ["think"], parameter: .parameter(.reasoning)),
    ]

    /// The entry of `WireFacts.omitted` for `"content": null` in an assistant message with calls and no text, which is
    /// then sent as an empty string.
    static let nullContent = "content"

    private static let byWord: [String: Row] = Dictionary(
        rows.flatMap { row in row.names.map { (squashed($0), row) } }, uniquingKeysWith: { first, _ in first })

    private init(_ row: Row) {
        names = row.names
    }

    /// True if the configuration may list `name` as a member not to send.
    package static func isName(_ name: String) -> Bool {
        rows.contains { $0.names.contains(name) }
    }

    /// Finds the refused member in a provider's error; nil if it names none that can be left out.
    /// - Parameter known: members that are already left out.
    package init?(_ error: ErrorBody, known: Set<String>) {
        let message = error.message ?? ""
        let text = [message, error.code ?? "", error.type ?? ""].joined(separator: " ").lowercased()
        let isRefusal = Self.saysRefused(text)
        func mayBe(_ row: Row) -> Bool {
            (row.parameter == nil || isRefusal) && !row.names.contains(where: known.contains)
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

    /// Finds the row for paths such as `body.stream_options`, `tools[0].function.strict` or `messages.1.content`.
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

    /// The words of a message that can be member names: those with an underscore or an inner capital, and those in
    /// quotation marks. Others are skipped because `stop` and `include` are English words too.
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

    /// True if the message says that the member is not accepted at all. If only its value is wrong, the client's
    /// parameter must not be dropped.
    private static func saysRefused(_ text: String) -> Bool {
        refusals.contains(where: text.holds)
    }

    private static let refusals: [StaticString] = [
        "unsupported", "not support", "unknown", "unrecognized", "unexpected", "extra", "not permitted", "not allowed",
        "forbidden", "not accept", "not recognized", "deprecated", "cannot both", "no such", "not available",
    ]

    /// Warnings for the parameters of `request` that `facts` leave out, one sentence each. The token limit counts as
    /// left out only if none of its member names remains.
    static func warnings(for request: Request, _ facts: WireFacts, model: String) -> [String] {
        var words: [String] = []
        for row in rows where row.names.contains(where: facts.omitted.contains) {
            switch row.parameter {
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
