extension EmbedRequest {
    /// Reads the fields of an `embed` frame.
    /// - Throws: `invalid_request` that names the first invalid field.
    package init(_ frame: RequestFrame) throws(UltraError) {
        self.init(input: [])
        try frame.fields { (fields) throws(UltraError) in
            try fields.object { (fields, key) throws(UltraError) in
                switch key {
                case "model": model = try fields.name("the name of a model", .modelBytes)
                case "input":
                    let what = "a text that is not empty, or an array of them"
                    input =
                        try fields.isNext(.string)
                        ? [fields.name(what)] : fields.names(what, .inputs, "a text that is not empty", nil)
                case "dimensions": dimensions = try fields.int(1...65_536)
                case "purpose": purpose = try fields.choice([.document, .query, .classification, .clustering])
                case "cache": cache = try fields.choice([.default, .off, .refresh])
                case "timeouts_ms": timeouts = try Timeouts(&fields)
                case "tags": tags = try fields.names("an array of labels", .tags, "a label", .tagBytes)
                case "provider_options": providerOptions = try fields.providerOptions()
                default: try fields.skip()
                }
            }
        }
        guard !input.isEmpty else {
            throw UltraError(.invalidRequest, "input must be an array of at least one text", field: "input")
        }
    }
}
