internal import UltraAPI

/// Reads `options`, `think` and `keep_alive`: sampling parameters, and members that only Ollama's servers understand.
struct OllamaMembers {
    /// The id of the provider that gets these members.
    static let provider = "ollama"

    private var thinks: RawJSON?
    private var keepsAlive: RawJSON?
    private var others: [(name: String, value: RawJSON)] = []
    /// One sentence for each member that is left out for other providers.
    private(set) var warningsForOthers: [String] = []

    /// Options without a translation that Ollama's servers know.
    private static let known: Set<String> = [
        "num_ctx", "num_keep", "num_batch", "num_gpu", "num_thread", "main_gpu", "use_mmap", "use_mlock", "numa",
        "min_p",
        "typical_p", "tfs_z", "repeat_last_n", "repeat_penalty", "mirostat", "mirostat_eta", "mirostat_tau",
        "penalize_newline", "low_vram",
    ]

    mutating func read(
        _ fields: inout RequestFields, _ sampling: inout Sampling, _ warnings: inout RequestWarnings
    ) throws(UltraError) {
        try fields.object { (fields, key) throws(UltraError) in
            guard try !fields.skipNull() else { return }
            switch key {
            case "num_predict":
                // A negative number means no limit.
                let limit = try fields.int(Int.min...10_000_000)
                sampling.maxTokens = limit > 0 ? limit : nil
            case "temperature": sampling.temperature = try fields.number(0...2)
            case "top_p": sampling.topP = try fields.number(0...1)
            case "top_k":
                let count = try fields.int(0...1_000_000)
                sampling.topK = count > 0 ? count : nil
            case "seed": sampling.seed = try fields.int(Int.min...Int.max)
            case "frequency_penalty": sampling.frequencyPenalty = try fields.number(-2...2)
            case "presence_penalty": sampling.presencePenalty = try fields.number(-2...2)
            case "stop":
                let what = "a string that is not empty, or an array of them"
                sampling.stop =
                    try fields.isNext(.string)
                    ? [fields.name(what)] : fields.names(what, .stop, "a string that is not empty", nil)
            default: try other(String(key), &fields, &warnings)
            }
        }
    }

    private mutating func other(
        _ name: String, _ fields: inout RequestFields, _ warnings: inout RequestWarnings
    ) throws(UltraError) {
        guard Self.known.contains(name) else {
            warnings.leftOut("options.\(name)")
            return try fields.skip()
        }
        var json = JSONWriter()
        if try fields.isNext(.bool) {
            json.bool(try fields.bool())
        } else {
            let number = try fields.number(-1e9...1e9)
            // Servers written in Go refuse a number with a fraction for an integer.
            if let whole = Int(exactly: number) { json.int(whole) } else { json.double(number) }
        }
        others.append((name, RawJSON(validated: json.bytes)))
        leaveOutForOthers("options.\(name)")
    }

    private mutating func leaveOutForOthers(_ member: String) {
        warningsForOthers.append("\(member) was left out: it is for Ollama's servers")
    }

    /// - Returns: The request's `reasoning`.
    mutating func think(
        _ fields: inout RequestFields, _ warnings: inout RequestWarnings
    ) throws(UltraError) -> Reasoning? {
        guard try fields.isNext(.bool) else {
            let word = try EffortWord(&fields)
            if let sentence = word.warning("think") { warnings.add(sentence) }
            return word.reasoning
        }
        let thinks = try fields.bool()
        self.thinks = RawJSON(validated: Array((thinks ? "true" : "false").utf8))
        if !thinks { leaveOutForOthers("think") }
        return Reasoning(isIncluded: thinks)
    }

    /// - Returns: True if the model is to be unloaded after the answer.
    mutating func keepAlive(_ fields: inout RequestFields) throws(UltraError) -> Bool {
        var json = JSONWriter()
        var isZero = false
        if try fields.isNext(.string) {
            let text = try fields.string()
            isZero = text == "0" || text == "0s"
            json.string(text)
        } else {
            let seconds = try fields.number(-1e9...1e9)
            isZero = seconds == 0
            json.double(seconds)
        }
        keepsAlive = RawJSON(validated: json.bytes)
        leaveOutForOthers("keep_alive")
        return isZero
    }

    /// The members for Ollama's servers as a JSON object; nil if there are none.
    var providerOptions: RawJSON? {
        guard thinks != nil || keepsAlive != nil || !others.isEmpty else { return nil }
        return RawJSON.object { json in
            json.fieldIfPresent("think", thinks)
            json.fieldIfPresent("keep_alive", keepsAlive)
            guard !others.isEmpty else { return }
            json.key("options")
            json.beginObject()
            for (name, value) in others {
                json.key(name)
                json.raw(value)
            }
            json.endObject()
        }
    }
}
