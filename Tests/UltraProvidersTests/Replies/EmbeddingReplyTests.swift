import Testing
import UltraAPI

@testable import UltraProviders

/// Embeddings of Mistral and Cohere.
struct EmbeddingReplyTests {
    private func request(
        _ input: [String] = ["a", "b"], dimensions: Int? = nil, purpose: EmbedRequest.Purpose? = nil
    ) -> EmbedRequest {
        var request = EmbedRequest(input: input)
        request.dimensions = dimensions
        request.purpose = purpose
        return request
    }

    private func body(_ encoded: EncodedRequest) -> String { String(decoding: encoded.http.body, as: UTF8.self) }

    @Test("Mistral: only codestral-embed has a choice of dimensions")
    func mistral() throws {
        let adapter = MistralAdapter.testing(key: Secret("k"))
        let plain = try adapter.encodeEmbed(request(purpose: .query), model: "mistral-embed")
        #expect(body(plain) == #"{"model":"mistral-embed","input":["a","b"]}"#)
        #expect(plain.http.url == "https://api.example.com/v1/embeddings")
        #expect(plain.http.headers.first == HTTPHeader("Authorization", "Bearer k"))
        let same = try adapter.encodeEmbed(request(dimensions: 1024), model: "mistral-embed-2312")
        #expect(body(same) == #"{"model":"mistral-embed-2312","input":["a","b"]}"#)
        let other = try adapter.encodeEmbed(request(dimensions: 256), model: "codestral-embed")
        #expect(body(other) == #"{"model":"codestral-embed","input":["a","b"],"output_dimension":256}"#)
        let error = #expect(throws: UltraError.self) {
            try adapter.encodeEmbed(request(dimensions: 256), model: "mistral-embed")
        }
        #expect(error?.code == .capabilityMissing)
    }

    @Test(
        "Cohere: every purpose has its word",
        arguments: [
            (nil, "search_document"), (.document, "search_document"), (.query, "search_query"),
            (.classification, "classification"), (.clustering, "clustering"),
        ] as [(EmbedRequest.Purpose?, String)])
    func cohere(purpose: EmbedRequest.Purpose?, word: String) throws {
        let encoded = try CohereAdapter.testing().encodeEmbed(
            request(dimensions: 512, purpose: purpose), model: "embed-v4.0")
        #expect(
            body(encoded)
                == #"{"model":"embed-v4.0","texts":["a","b"],"input_type":"\#(word)","embedding_types":["float"],"#
                + #""output_dimension":512}"#)
        #expect(encoded.http.url == "https://api.example.com/v2/embed")
        #expect(CohereAdapter.testing().embedBatchLimit == 96)
    }

    @Test("Cohere: a request that would be refused is not sent")
    func refusals() {
        let fixed = #expect(throws: UltraError.self) {
            try CohereAdapter.testing().encodeEmbed(request(dimensions: 512), model: "embed-english-light-v3.0")
        }
        #expect(fixed?.code == .capabilityMissing)
        let empty = #expect(throws: UltraError.self) {
            try CohereAdapter.testing().encodeEmbed(request(["a", ""]), model: "embed-v4.0")
        }
        #expect(empty?.code == .badRequest)
        #expect(empty?.field == "input[1]")
    }

    private func decode(_ adapter: any Adapter, _ json: String) throws -> Embeddings {
        try Array(json.utf8).withUnsafeBytes { bytes in
            var reader = JSONReader(bytes)
            return try adapter.decodeEmbeddings(&reader)
        }
    }

    private func vectors(_ found: Embeddings) -> [String] {
        found.vectors.map { String(decoding: $0.bytes, as: UTF8.self) }
    }

    @Test("Mistral: vectors come in the order of their index, wherever it stands")
    func order() throws {
        let found = try decode(
            MistralAdapter.testing(),
            #"{"data":[{"index":1,"embedding":[1.0,2e-3]},{"embedding":[3, 4],"index":0}],"usage":{"prompt_tokens":7}}"#
        )
        #expect(vectors(found) == ["[3, 4]", "[1.0,2e-3]"])
        #expect(found.dimensions == 2)
        #expect(found.inputTokens == 7)
    }

    @Test("Cohere: vectors by type, or from deployments without types")
    func types() throws {
        let typed = try decode(
            CohereAdapter.testing(),
            #"{"embeddings":{"int8":[[9]],"float":[[1,2],[3,4]]},"meta":{"billed_units":{"input_tokens":2.0}}}"#)
        #expect(vectors(typed) == ["[1,2]", "[3,4]"])
        #expect(typed.dimensions == 2)
        #expect(typed.inputTokens == 2)
        let plain = try decode(
            CohereAdapter.testing(), #"{"embeddings":[[1,2,3]],"response_type":"embeddings_floats"}"#)
        #expect(vectors(plain) == ["[1,2,3]"])
        #expect(plain.inputTokens == nil)
    }
}
