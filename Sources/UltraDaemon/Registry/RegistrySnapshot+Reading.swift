internal import UltraAPI
internal import UltraProviders

extension RegistrySnapshot {
    /// Reads the file of this, an older or a newer version of the daemon: unknown members are skipped, missing ones get
    /// their defaults. Values out of range are dropped or clamped. Observations in the future become `now`, and no wait
    /// outlasts the time that was left when the file was saved, even if the system's clock was set since.
    ///
    /// Messages of failures in older files are not read, because they may quote a reply.
    /// - Parameter now: milliseconds of `WallClock`.
    /// - Throws: the position and reason if the text is not the expected JSON.
    init(_ bytes: [UInt8], at now: Int) throws(JSONError) {
        self = try JSONReader.read(bytes) { (reader) throws(JSONError) in
            var snapshot = RegistrySnapshot()
            var clock = Clock(now: now, savedAt: now)
            try reader.beginObject()
            while let key = try reader.nextKey() {
                switch key {
                case "saved_at":
                    let time = try reader.int()
                    snapshot.savedAt = clock.past(time)
                    clock.savedAt = clock.plausible(time)
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

    /// The longest cool-down and breaker pause that can be configured: a day.
    private static let waitLimitMilliseconds = 86_400_000
    /// A larger difference between `saved_at` and the clock is treated as a corrupt value.
    private static let clockErrorMilliseconds = 366 * 86_400_000

    /// Reads the values that contain times, and corrects the times.
    private struct Clock {
        let now: Int
        /// `saved_at` of the file; later than `now` if the system's clock was set back since.
        var savedAt: Int

        /// Corrects the time of an observation.
        func past(_ time: Int) -> Int { min(max(0, time), now) }

        func plausible(_ time: Int) -> Int { (0...now + clockErrorMilliseconds).contains(time) ? time : now }

        /// Corrects the end of a wait.
        func future(_ time: Int) -> Int {
            let time = max(0, time)
            let left = min(time - now, time - savedAt, waitLimitMilliseconds)
            return left > 0 ? now + left : min(time, now)
        }

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
                case "rest": health.start(try coolDown(&reader).coolDown)
                // Versions before `rest` wrote this member.
                case "rests_until":
                    health.start(CoolDown(.rate, since: now, until: future(try reader.int()), isRequested: true))
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
                    while try reader.nextElement() {
                        let (key, coolDown) = try coolDown(&reader)
                        if key >= 0 { model.health.coolDowns[key] = coolDown }
                    }
                case "latency":
                    let mean = try reader.double()
                    if mean >= 0, mean < Double(clockErrorMilliseconds) { model.health.latency.record(mean) }
                case "discovered": model.discovered = try discovered(&reader)
                default: try reader.skip()
                }
            }
            model.discovered?.id = model.name
            return model
        }

        /// Reads a cool-down and the index of its key; -1: the file names no key.
        private func coolDown(_ reader: inout JSONReader) throws(JSONError) -> (key: Int, coolDown: CoolDown) {
            var number = -1
            var until = 0
            var reason = CoolDown.Reason.rate
            var isRequested = true
            try reader.beginObject()
            while let key = try reader.nextKey() {
                switch key {
                case "key": number = try reader.int()
                case "until": until = future(try reader.int())
                case "reason": reason = CoolDown.Reason(rawValue: try reader.string()) ?? .rate
                case "asked": isRequested = try reader.bool()
                default: try reader.skip()
                }
            }
            return (number, CoolDown(reason, since: now, until: until, isRequested: isRequested))
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
                case "open_until": openUntil = future(try reader.int())
                case "pause": pause = min(max(0, try reader.int()), waitLimitMilliseconds)
                default: try reader.skip()
                }
            }
            return Breaker(consecutiveFailures: failures, openUntil: openUntil, pauseMilliseconds: pause)
        }

        private func failure(_ reader: inout JSONReader) throws(JSONError) -> Failure? {
            var failure = Failure(code: .internal, at: 0)
            var isKnown = false
            try reader.beginObject()
            while let key = try reader.nextKey() {
                switch key {
                case "code":
                    guard let code = ErrorCode(rawValue: try reader.string()) else { continue }
                    failure.code = code
                    isKnown = true
                case "status": failure.status = try reader.int()
                case "provider_code": failure.providerCode = try reader.string()
                case "words": failure.words = try reader.string()
                case "at": failure.at = past(try reader.int())
                default: try reader.skip()
                }
            }
            return isKnown ? failure : nil
        }
    }
}
