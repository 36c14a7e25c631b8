/// The features of a provider beyond text: its replies, the requests it must receive, and the answers the client must
/// get.
struct WireFeature: Sendable {
    let wire: Wire
    /// The model with these features, if it is not the provider's usual one.
    var model: String?
    /// A streamed reply with two calls of `weather`, for Paris and for Rome.
    let calls: [String]
    /// The ids of these calls; nil: the provider gives none.
    var callIDs: [String]?
    /// The place of a tool in the request that the provider receives.
    let tool: String
    /// The place of the image in the request, and its value.
    let image: (place: String, value: String)
    var imageModel: String?
    /// The place at which the name of the schema's only property is a key.
    let schema: String
    var schemaModel: String?
    /// A complete reply with reasoning about two cities and a call for each.
    let thoughts: String
    /// False: the provider does not return the reasoning.
    var reasons = true
    /// The provider's signature of the reasoning or of the first call.
    var signature: String?
    var signsCalls = false
    /// Places and JSON that the provider must receive when reasoning, calls and results are sent back.
    let returned: [(place: String, json: String)]
    var embedding: Embedding?

    struct Embedding: Sendable {
        let model: String
        let path: String
        let reply: String
        /// The place of the second text in the request.
        let place: String
    }

    static let png = "iVBORw0KGgo="
    static let dataURL = "data:image/png;base64,\(png)"
    static let all = [openAI, responses, anthropic, gemini, mistral, cohere, ollama, docker]
}
