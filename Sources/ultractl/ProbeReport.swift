import UltraAPI

/// What `probe` answers.
struct ProbeReport {
    struct Result {
        var provider = ""
        var model: String?
        var state = "unknown"
        var evidence: [EvidenceReport] = []
        var milliseconds: Double?
        /// The sentence of the error, if there is one.
        var error: String?
        var hint: String?
    }

    enum Outcome {
        case well, failed
        /// Nobody asked for it in particular, and there is no key to check it with.
        case leftOut
    }

    var results: [Result] = []

    init(_ reader: inout JSONReader) throws(JSONError) {
        try reader.members { (key, reader) throws(JSONError) in
            switch key {
            case "results": results = try reader.elements { (reader) throws(JSONError) in try Result(&reader) }
            default: try reader.skip()
            }
        }
    }
}

extension ProbeReport.Result {
    fileprivate init(_ reader: inout JSONReader) throws(JSONError) {
        self.init()
        try reader.members { (key, reader) throws(JSONError) in
            switch key {
            case "provider": provider = try reader.string()
            case "model": model = try reader.stringOrNull()
            case "state": state = try reader.string()
            case "evidence": evidence = try EvidenceReport.all(&reader)
            case "ms": milliseconds = try reader.doubleOrNull()
            case "error":
                try reader.members { (key, reader) throws(JSONError) in
                    switch key {
                    case "message": error = try reader.stringOrNull()
                    case "hint": hint = try reader.stringOrNull()
                    default: try reader.skip()
                    }
                }
            default: try reader.skip()
            }
        }
    }

    /// - Parameter isNamed: it was asked for, not everything.
    func outcome(isNamed: Bool) -> ProbeReport.Outcome {
        switch state {
        case "needs_key", "disabled": isNamed ? .failed : .leftOut
        case "unavailable", "unauthorized": .failed
        default: error != nil || evidence.contains { $0.holds == false } ? .failed : .well
        }
    }

    /// What is wrong and what to do about it, in a line.
    var trouble: String {
        let denied = evidence.filter { $0.holds == false }.map { "not \($0.name)" }.joined(separator: ", ")
        return [error ?? (denied.isEmpty ? nil : denied), hint].compactMap(\.self).joined(separator: "; ")
    }
}
