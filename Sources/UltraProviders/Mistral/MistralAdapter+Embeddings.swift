package import UltraAPI

extension MistralAdapter {
    /// A call may have about 16,000 tokens in total, so 32 inputs leave 500 tokens for each.
    package var embedBatchLimit: Int { 32 }

    package func encodeEmbed(_ request: EmbedRequest, model: String) throws(UltraError) -> EncodedRequest {
        let omitted = Omissions(provider, model, refused: [])
        var body = try RequestBody(request.providerOptions, provider: provider)
        body.member("model", model)
        body.member("input", request.input)
        if let dimensions = request.dimensions {
            // mistral-embed has vectors of one length, and refuses the parameter even with that length.
            if !model.hasPrefix("mistral-embed") {
                body.member("output_dimension", dimensions)
            } else if dimensions != 1024 {
                throw omitted.capabilityMissing("makes vectors of 1024 dimensions only")
            }
        }
        return EncodedRequest(call("/embeddings", body.finish(), isStream: false))
    }
}
