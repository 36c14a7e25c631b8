extension ReplyState {
    /// A member that is of no consequence has another type than its API promises.
    mutating func ignore(_ name: StaticString) {
        warn("ignored_member", "the provider's \(name) is not of the type its API promises, and was passed over")
    }
}
