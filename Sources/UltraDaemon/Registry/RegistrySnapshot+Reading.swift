internal import UltraAPI
internal import UltraProviders

extension RegistrySnapshot {
    /// Reads a file. Unknown members are skipped, missing ones are unknown, so that an older or newer daemon can read it;
    /// a value out of its range is unknown, or cut to it: nothing was seen in the future, and no rest outlasts
    /// `restLimitMilliseconds`.
    init(_ bytes: [UInt8], at now: Int) throws(JSONError) {
        self = try JSONReader.read(bytes) { (reader) throws(JSONError) in
            var snapshot = RegistrySnapshot()
            let clock = Clock(now: now)
            try reader.beginObject()
            while let key = try reader.nextKey() {
                switch key {
                case "saved_at": snapshot.savedAt = clock.past(try reader.int())
                case "probe_spend_micro_usd": snapshot.probeSpend = min(max(0, try reader.int()), Int(Int32.max))
                case "providers":
                    try reader.beginArray()
                    while try reader.nextElement() { snapshot.providers.append(try clock.provider(&reader)) }
                default: try reader.skip()
                }
            }
            try reader.end()
            return snapshot
        }
    }

    /// The longest wait a provider's answer can ask for: 366 days.
    private static let restLimitMilliseconds = 366 * 86_400_000
    /// The longest pause of a breaker that can be configured: a day.
    private static let breakerLimitMilliseconds = 86_400_000

    /// Reads what holds times.
    private struct Clock {
        let now: Int

        func past(_ time: Int) -> Int { min(max(0, time), now) }

        func future(_ time: Int, within limit: Int) -> Int { min(max(0, time), now + limit) }

        func provider(_ reader: inout JSONReader) throws(JSONError) -> KeptProvider {
            var provider = KeptProvider()
            try reader.beginObject()
            while let key = try reader.nextKey() {
                switch key {
                case "id": provider.id = try reader.string()
                case "reachable": provider.reachable = try evidence(&reader)
                case "breaker": provider.breaker = try breaker(&reader)
                case "failure": provider.lastFailure = try failure(&reader)
                case "keys":
                    try reader.beginArray()
                    while try reader.nextElement() { provider.keys.append(try self.key(&reader)) }
                case "models":
                    try reader.beginArray()
                    while try reader.nextElement() {
                        let model = try model(&reader)
                        if !model.name.isEmpty { provider.models.append(model) }
                    }
                default: try reader.skip()
                }
            }
            return provider
        }

        private func key(_ reader: inout JSONReader) throws(JSONError) -> KeyHealth {
            var health = KeyHealth()
            try reader.beginObject()
            while let key = try reader.nextKey() {
                switch key {
                case "authorised": health.authorised = try evidence(&reader)
                case "rests_until": health.rest(until: future(try reader.int(), within: restLimitMilliseconds))
                default: try reader.skip()
                }
            }
            return health
        }

        private func model(_ reader: inout JSONReader) throws(JSONError) -> KeptModel {
            var model = KeptModel()
            try reader.beginObject()
            while let key = try reader.nextKey() {
                switch key {
                case "name": model.name = try reader.string()
                case "listed": model.health.listed = try evidence(&reader)
                case "generated": model.health.generated = try evidence(&reader)
                case "authorised": model.health.authorised = try evidence(&reader)
                case "breaker": model.health.breaker = try breaker(&reader)
                case "failure": model.health.lastFailure = try failure(&reader)
                case "loading": model.health.isLoading = try reader.bool()
                case "rests":
                    try reader.beginArray()
                    while try reader.nextElement() { try rest(&reader, of: &model.health) }
                case "latency":
                    let mean = try reader.double()
                    if mean >= 0, mean < Double(restLimitMilliseconds) { model.health.latency.record(mean) }
                case "discovered": model.discovered = try discovered(&reader)
                default: try reader.skip()
                }
            }
            model.discovered?.id = model.name
            return model
        }

        private func rest(_ reader: inout JSONReader, of health: inout ModelHealth) throws(JSONError) {
            var number = -1
            var until = 0
            try reader.beginObject()
            while let key = try reader.nextKey() {
                switch key {
                case "key": number = try reader.int()
                case "until": until = future(try reader.int(), within: restLimitMilliseconds)
                default: try reader.skip()
                }
            }
            if number >= 0 { health.rests[number] = until }
        }

        private func discovered(_ reader: inout JSONReader) throws(JSONError) -> DiscoveredModel {
            var model = DiscoveredModel(id: "")
            try reader.beginObject()
            while let key = try reader.nextKey() {
                switch key {
                case "name": model.displayName = try reader.string()
                case "aliases": model.aliases = try strings(&reader)
                case "kind": model.kind = DiscoveredModel.Kind(rawValue: try reader.string())
                case "capabilities":
                    model.capabilities = Set(try strings(&reader).compactMap { Capability(rawValue: $0) })
                case "context": model.contextWindow = positive(try reader.int())
                case "output": model.maxOutputTokens = positive(try reader.int())
                case "retires_on": model.retiresOn = try reader.string()
                default: try reader.skip()
                }
            }
            return model
        }

        private func positive(_ number: Int) -> Int? { number > 0 ? number : nil }

        private func strings(_ reader: inout JSONReader) throws(JSONError) -> [String] {
            var strings: [String] = []
            try reader.beginArray()
            while try reader.nextElement() { strings.append(try reader.string()) }
            return strings
        }

        private func evidence(_ reader: inout JSONReader) throws(JSONError) -> Evidence {
            var evidence = Evidence()
            try reader.beginObject()
            while let key = try reader.nextKey() {
                switch key {
                case "ok": evidence.holds = try reader.bool()
                case "at": evidence.at = past(try reader.int())
                case "by": evidence.source = Evidence.Source(rawValue: try reader.string())
                default: try reader.skip()
                }
            }
            let isWhole = evidence.holds != nil && evidence.at != nil && evidence.source != nil
            return isWhole ? evidence : Evidence()
        }

        private func breaker(_ reader: inout JSONReader) throws(JSONError) -> Breaker {
            var failures = 0
            var openUntil: Int?
            var pause = 0
            try reader.beginObject()
            while let key = try reader.nextKey() {
                switch key {
                case "failures": failures = min(max(0, try reader.int()), Int(Int32.max))
                case "open_until": openUntil = future(try reader.int(), within: breakerLimitMilliseconds)
                case "pause": pause = min(max(0, try reader.int()), breakerLimitMilliseconds)
                default: try reader.skip()
                }
            }
            return Breaker(consecutiveFailures: failures, openUntil: openUntil, pauseMilliseconds: pause)
        }

        private func failure(_ reader: inout JSONReader) throws(JSONError) -> ModelHealth.Failure? {
            var code: ErrorCode?
            var message = ""
            var at = 0
            try reader.beginObject()
            while let key = try reader.nextKey() {
                switch key {
                case "code": code = ErrorCode(rawValue: try reader.string())
                case "message": message = try reader.string()
                case "at": at = past(try reader.int())
                default: try reader.skip()
                }
            }
            return code.map { ModelHealth.Failure(code: $0, message: message, at: at) }
        }
    }
}
