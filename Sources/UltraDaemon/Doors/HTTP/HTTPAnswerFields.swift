internal import UltraAPI
internal import UltraDialects

/// Header fields of answers.
enum HTTPAnswerFields {
    /// Those of a stream: it must be neither stored nor buffered on its way.
    static let ofStream = [
        HTTPResponseField("Cache-Control", "no-cache"), HTTPResponseField("X-Accel-Buffering", "no"),
    ]

    static func of(_ answer: Answer, _ warnings: [String]) -> [HTTPResponseField] {
        fields(answer.model, answer.cache) + of(warnings + answer.warnings)
    }

    static func of(_ answer: EmbedAnswer, _ warnings: [String]) -> [HTTPResponseField] {
        fields(answer.model, answer.cache) + of(warnings + answer.warnings)
    }

    private static func fields(_ model: String, _ cache: Answer.CacheState) -> [HTTPResponseField] {
        [
            HTTPResponseField("x-ultra-model", model), HTTPResponseField("x-ultra-path", "translated"),
            HTTPResponseField("x-ultra-cache", cache.rawValue),
        ]
    }

    private static let warningLimit = 16
    private static let warningBytes = 200

    /// One `x-ultra-warning` field for each dropped part of the request.
    static func of(_ warnings: [String]) -> [HTTPResponseField] {
        warnings.prefix(warningLimit).map { warning in
            // The sentence is cut at a character boundary.
            var text = ""
            var count = 0
            for character in warning {
                count += character.utf8.reduce(0) { $0 + ($1 >= 0x20 && $1 < 0x7F ? 1 : 3) }
                guard count <= warningBytes else { break }
                text.append(character)
            }
            return HTTPResponseField("x-ultra-warning", text)
        }
    }
}
