extension ReplyState {
    /// Warns that an optional member has another type than its API defines.
    mutating func ignore(_ name: StaticString) {
        warn("ignored_member", "the provider's \(name) does not have the type its API defines and was ignored")
    }
}
