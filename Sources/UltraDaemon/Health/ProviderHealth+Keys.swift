/// What is left of what was seen when a provider gets other keys.
extension ProviderHealth {
    /// The same host, asked with other keys.
    /// - Parameter origins: for each key that one of `old` which it is; nil: it is a new one.
    init(succeeding old: ProviderHealth, keys origins: [Int?]) {
        self.init(keys: origins.count)
        reachable = old.reachable
        breaker = old.breaker
        lastFailure = old.lastFailure
        hasWorked = old.hasWorked
        for (index, origin) in origins.enumerated() {
            if let origin, old.keys.indices.contains(origin) { keys[index] = old.keys[origin] }
        }
    }
}

extension ModelHealth {
    /// Its provider has other keys; `origins` as above.
    mutating func moveKeys(_ origins: [Int?]) {
        let old = rests
        rests = [:]
        for (index, origin) in origins.enumerated() {
            if let origin, let rest = old[origin] { rests[index] = rest }
        }
        // A new key may be allowed what the others are not.
        if origins.contains(nil) { authorised = Evidence() }
        suspicions.clear()
    }
}
