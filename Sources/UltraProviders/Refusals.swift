import UltraAPI

/// What cannot be left out with a warning, since the answer would be to another question.
extension Omissions {
    /// - Parameter sentence: what follows the model's name.
    func capabilityMissing(_ sentence: String, hint: String? = nil) -> UltraError {
        UltraError(.capabilityMissing, "\(model) \(sentence)", hint: hint, provider: provider, model: model)
    }

    /// The conversation is one no model can answer.
    func badRequest(_ message: String) -> UltraError {
        UltraError(.badRequest, message, field: "messages", provider: provider, model: model)
    }
}
