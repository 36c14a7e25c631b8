import UltraAPI

/// Errors for things that cannot be left out with a warning, because the model would then answer a different question.
extension Omissions {
    /// - Parameter sentence: the predicate; the model's name is put in front as the subject.
    func capabilityMissing(_ sentence: String, hint: String? = nil) -> UltraError {
        UltraError(.capabilityMissing, "\(model) \(sentence)", hint: hint, provider: provider, model: model)
    }

    /// An error for a conversation that no model of the provider can answer.
    func badRequest(_ message: String) -> UltraError {
        UltraError(.badRequest, message, field: "messages", provider: provider, model: model)
    }
}
