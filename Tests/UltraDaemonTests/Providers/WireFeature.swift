/// What a provider can do beyond text: what it sends, what it must have received, and what the client must get.
struct WireFeature: Sendable {
    let wire: Wire
    /// If it takes another one.
    var model: String?
    /// Streamed, two calls of `weather`, for Paris and for Rome.
    let calls: [String]
    /// The ids of those; nil: the provider gives none.
    var callIDs: [String]?
    /// Where a tool is, in what the provider receives.
    let tool: String
    /// Where the image is, and in which form.
    let image: (place: String, value: String)
    var imageModel: String?
    /// Where the name of the schema's only property is a key.
    let schema: String
    var schemaModel: String?
    /// Thoughts about two cities and a call for each, whole.
    let thoughts: String
    /// The model shows what it thought.
    var reasons = true
    /// The signature as the provider gave it, on the thoughts or on the first call.
    var signature: String?
    var signsCalls = false
    /// What the provider must receive when thoughts, calls and results come back: place and JSON.
    let returned: [(place: String, json: String)]
    var embedding: Embedding?

    struct Embedding: Sendable {
        let model: String
        let path: String
        let reply: String
        /// Where the second text is.
        let place: String
    }

    static let png = "iVBORw0KGgo="
    static let dataURL = "data:image/png;base64,\(png)"
    static let all = [openAI, responses, anthropic, gemini, mistral, cohere, ollama, docker]
}
