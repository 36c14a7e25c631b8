/// The result of `probe`.
package struct ProbeReport: ReportValue {
    /// The outcome for one provider, or for one model of a deep probe.
    package struct Result: ReportValue {
        package var provider = ""
        package var model: String?
        /// A word of `Availability`.
        package var state = Availability.unknown.rawValue
        package var evidence: [EvidenceReport] = []
        /// The duration of the probe.
        package var milliseconds: Double?
        package var error: Problem?

        package init() {}
    }

    /// The failure of a probe.
    package struct Problem: ReportValue {
        package var code: String?
        package var message: String?
        package var hint: String?

        package init() {}
    }

    package var results: [Result] = []

    package init() {}

    package func write(to json: inout JSONWriter) {
        json.array("results", results)
    }

    package init(_ reader: inout JSONReader) throws(JSONError) {
        try reader.members { (key, reader) throws(JSONError) in
            switch key {
            case "results": results = try reader.array(of: Result.self)
            default: try reader.skip()
            }
        }
    }
}

extension ProbeReport.Result {
    package func write(to json: inout JSONWriter) {
        json.field("provider", provider)
        json.fieldOrNull("model", model)
        json.field("state", state)
        json.evidence(evidence)
        json.fieldOrNull("ms", milliseconds)
        json.fieldOrNull("error", error)
    }

    package init(_ reader: inout JSONReader) throws(JSONError) {
        try reader.members { (key, reader) throws(JSONError) in
            switch key {
            case "provider": provider = try reader.string()
            case "model": model = try reader.stringOrNull()
            case "state": state = try reader.string()
            case "evidence": evidence = try EvidenceReport.all(&reader)
            case "ms": milliseconds = try reader.doubleOrNull()
            case "error": error = try reader.valueOrNull(ProbeReport.Problem.self)
            default: try reader.skip()
            }
        }
    }
}

extension ProbeReport.Problem {
    package func write(to json: inout JSONWriter) {
        json.fieldOrNull("code", code)
        json.fieldOrNull("message", message)
        json.fieldIfPresent("hint", hint)
    }

    package init(_ reader: inout JSONReader) throws(JSONError) {
        try reader.members { (key, reader) throws(JSONError) in
            switch key {
            case "code": code = try reader.stringOrNull()
            case "message": message = try reader.stringOrNull()
            case "hint": hint = try reader.stringOrNull()
            default: try reader.skip()
            }
        }
    }
}
