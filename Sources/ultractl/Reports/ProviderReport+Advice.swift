import UltraAPI

extension ProviderReport {
    /// The problem and its remedy; `nil`: no problem is known.
    var advice: String? {
        if state == Availability.needsKey.rawValue, !keyVariables.isEmpty {
            return "set \(keyVariables.joined(separator: " or ")) in the environment of ultrad, and restart it"
        }
        if state == Availability.unauthorized.rawValue {
            return [lastError, "give ultrad another key and restart it"].compactMap(\.self).joined(separator: "; ")
        }
        return isUsable ? nil : lastError
    }
}

extension EvidenceReport {
    /// `yes`, `no` or `unknown`.
    var answer: String { holds.map { $0 ? "yes" : "no" } ?? "unknown" }
}
