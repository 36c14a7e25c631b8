/// An `embed` request: texts to turn into vectors.
package struct EmbedRequest: Sendable, Equatable {
    /// The use of the vectors; some providers compute different ones for each.
    package enum Purpose: String, Sendable {
        case document, query, classification, clustering
    }

    /// As in `Request.model`.
    package var model: String?
    /// Never empty.
    package var input: [String]
    /// Length of the vectors; nil for the model's default.
    package var dimensions: Int?
    package var purpose: Purpose?
    package var cache: CacheMode = .default
    package var timeouts = Timeouts()
    /// The client's labels, recorded in the usage ledger.
    package var tags: [String] = []
    /// JSON objects by provider id, merged unchanged into the request body for that provider.
    package var providerOptions: [String: RawJSON] = [:]

    package init(model: String? = nil, input: [String]) {
        self.model = model
        self.input = input
    }
}

/// A provider's reply to an `EmbedRequest`, or to a batch of its inputs.
package struct Embeddings: Sendable, Equatable {
    /// One JSON array of numbers per input, in order, as the provider wrote it.
    package var vectors: [RawJSON]
    package var dimensions: Int?
    package var providerModel: String?
    package var inputTokens: Int?

    package init(vectors: [RawJSON] = []) {
        self.vectors = vectors
    }
}

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
