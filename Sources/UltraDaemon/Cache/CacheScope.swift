/// For whom an answer is kept, and whose it is: what belongs to an answer's key and does not stand in the request.
struct CacheScope: Sendable, Equatable {
    struct Model: Sendable, Equatable {
        /// `provider/model`.
        var id: String
        var provider: String
        /// Where the provider is: another server of the same name answers differently. Empty: a program, or nobody.
        var endpoint = ""
        /// The mock answers in its place.
        var isMock = false
    }

    /// nil: everybody.
    var uid: UInt32?
    /// Those the request's model name stands for; without fallbacks, whose answers are not kept.
    var models: [Model]
}
