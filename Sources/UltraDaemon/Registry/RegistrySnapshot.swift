internal import UltraAPI
internal import UltraProviders
internal import UltraSystem

/// The registry's file: what providers list and what was seen of them. Unknown members are skipped, missing ones are
/// unknown, so that an older or newer daemon can read it.
@Loop
enum RegistrySnapshot {
    static let version = 1

    static func written(_ providers: [ProviderState], at now: Int) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.field("version", version)
        json.field("saved_at", now)
        json.key("providers")
        json.beginArray()
        for provider in providers where provider.isUpstream { write(provider, to: &json) }
        json.endArray()
        json.endObject()
        return json.bytes
    }

    private static func write(_ provider: ProviderState, to json: inout JSONWriter) {
        json.beginObject()
        json.field("id", provider.id)
        write(provider.health.reachable, "reachable", to: &json)
        json.key("keys")
        json.beginArray()
        for key in provider.health.keys {
            json.beginObject()
            write(key.authorised, "authorised", to: &json)
            json.fieldIfPresent("rests_until", key.restsUntil)
            json.endObject()
        }
        json.endArray()
        json.key("models")
        json.beginArray()
        for model in provider.models { write(model, to: &json) }
        json.endArray()
        json.endObject()
    }

    private static func write(_ model: ModelState, to json: inout JSONWriter) {
        json.beginObject()
        json.field("name", model.name)
        write(model.health.listed, "listed", to: &json)
        write(model.health.generated, "generated", to: &json)
        write(model.health.authorised, "authorised", to: &json)
        json.fieldIfPresent("latency", model.health.latency.mean)
        write(model.health, to: &json)
        if let discovered = model.discovered {
            json.key("discovered")
            json.beginObject()
            json.fieldIfPresent("name", discovered.displayName)
            json.strings("aliases", discovered.aliases)
            json.fieldIfPresent("kind", discovered.kind?.rawValue)
            if let capabilities = discovered.capabilities {
                json.strings("capabilities", capabilities.map(\.rawValue).sorted())
            }
            json.fieldIfPresent("context", discovered.contextWindow)
            json.fieldIfPresent("output", discovered.maxOutputTokens)
            json.fieldIfPresent("retires_on", discovered.retiresOn)
            json.endObject()
        }
        json.endObject()
    }

    /// What keeps requests away for a while.
    private static func write(_ health: ModelHealth, to json: inout JSONWriter) {
        if !health.rests.isEmpty {
            json.key("rests")
            json.beginArray()
            for (key, until) in health.rests.sorted(by: { $0.key < $1.key }) {
                json.beginObject()
                json.field("key", key)
                json.field("until", until)
                json.endObject()
            }
            json.endArray()
        }
        guard health.breaker.consecutiveFailures > 0 else { return }
        json.field("failures", health.breaker.consecutiveFailures)
        json.fieldIfPresent("open_until", health.breaker.openUntil)
        json.field("pause_ms", health.breaker.pauseMilliseconds)
    }

    private static func write(_ evidence: Evidence, _ name: StaticString, to json: inout JSONWriter) {
        guard let holds = evidence.holds, let at = evidence.at, let source = evidence.source else { return }
        json.key(name)
        json.beginObject()
        json.field("ok", holds)
        json.field("at", at)
        json.field("by", source.rawValue)
        json.endObject()
    }

    // MARK: - Reading

    static func restore(_ bytes: [UInt8], into registry: Registry, at now: Int) throws(JSONError) {
        try JSONReader.read(bytes) { (reader) throws(JSONError) in
            // Everything is validated before anything is taken over.
            var check = reader
            try check.skip()
            try check.end()
            try reader.beginObject()
            while let key = try reader.nextKey() {
                switch key {
                case "providers":
                    try reader.beginArray()
                    while try reader.nextElement() { try provider(&reader, registry, now) }
                default: try reader.skip()
                }
            }
        }
    }

    private static func provider(
        _ reader: inout JSONReader, _ registry: Registry, _ now: Int
    ) throws(JSONError) {
        var provider: ProviderState?
        var areKeysKnown = false
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "id": provider = registry.provider(try reader.string())
            case "reachable":
                let found = try evidence(&reader)
                provider?.health.reachable = found
            case "keys":
                var keys: [KeyHealth] = []
                try reader.beginArray()
                while try reader.nextElement() { keys.append(try self.key(&reader)) }
                // Keys are told by their number alone: another number of them means others.
                if let provider, provider.health.keys.count == keys.count {
                    provider.health.keys = keys
                    areKeysKnown = true
                }
            case "models":
                try reader.beginArray()
                while try reader.nextElement() { try model(&reader, provider, areKeysKnown: areKeysKnown, now) }
            default: try reader.skip()
            }
        }
        if let provider { registry.note(provider, nil, reason: "restored") }
    }

    private static func key(_ reader: inout JSONReader) throws(JSONError) -> KeyHealth {
        var health = KeyHealth()
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "authorised": health.authorised = try evidence(&reader)
            case "rests_until": health.rest(until: try reader.int())
            default: try reader.skip()
            }
        }
        return health
    }

    private static func model(
        _ reader: inout JSONReader, _ provider: ProviderState?, areKeysKnown: Bool, _ now: Int
    ) throws(JSONError) {
        var name = ""
        var health = ModelHealth()
        var discovered: DiscoveredModel?
        var rests: [Int: Int] = [:]
        var breaker = (failures: 0, openUntil: nil as Int?, pause: 0)
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "name": name = try reader.string()
            case "listed": health.listed = try evidence(&reader)
            case "generated": health.generated = try evidence(&reader)
            case "authorised": health.authorised = try evidence(&reader)
            case "latency": health.latency.record(try reader.double())
            case "rests": rests = try self.rests(&reader)
            case "failures": breaker.failures = try reader.int()
            case "open_until": breaker.openUntil = try reader.int()
            case "pause_ms": breaker.pause = try reader.int()
            case "discovered": discovered = try self.discovered(&reader)
            default: try reader.skip()
            }
        }
        guard let provider, !name.isEmpty else { return }
        discovered?.id = name
        let model: ModelState
        if let discovered {
            model = provider.restore(discovered, now: now)
        } else {
            model = provider.anyModel(name)
            provider.keep(model)
        }
        health.restore(
            rests: areKeysKnown ? rests : [:],
            Breaker(failures: breaker.failures, openUntil: breaker.openUntil, pauseMilliseconds: breaker.pause))
        model.health = health
    }

    private static func rests(_ reader: inout JSONReader) throws(JSONError) -> [Int: Int] {
        var rests: [Int: Int] = [:]
        try reader.beginArray()
        while try reader.nextElement() {
            var (index, until) = (0, 0)
            try reader.beginObject()
            while let key = try reader.nextKey() {
                switch key {
                case "key": index = try reader.int()
                case "until": until = try reader.int()
                default: try reader.skip()
                }
            }
            rests[index] = until
        }
        return rests
    }

    private static func discovered(_ reader: inout JSONReader) throws(JSONError) -> DiscoveredModel {
        var model = DiscoveredModel(id: "")
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "name": model.displayName = try reader.string()
            case "aliases": model.aliases = try strings(&reader)
            case "kind": model.kind = DiscoveredModel.Kind(rawValue: try reader.string())
            case "capabilities": model.capabilities = Set(try strings(&reader).compactMap { Capability(rawValue: $0) })
            case "context": model.contextWindow = try reader.int()
            case "output": model.maxOutputTokens = try reader.int()
            case "retires_on": model.retiresOn = try reader.string()
            default: try reader.skip()
            }
        }
        return model
    }

    private static func strings(_ reader: inout JSONReader) throws(JSONError) -> [String] {
        var strings: [String] = []
        try reader.beginArray()
        while try reader.nextElement() { strings.append(try reader.string()) }
        return strings
    }

    private static func evidence(_ reader: inout JSONReader) throws(JSONError) -> Evidence {
        var evidence = Evidence()
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "ok": evidence.holds = try reader.bool()
            case "at": evidence.at = try reader.int()
            case "by": evidence.source = Evidence.Source(rawValue: try reader.string())
            default: try reader.skip()
            }
        }
        return evidence
    }
}
