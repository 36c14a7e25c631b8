/// The models of one provider by every name that means one: a look-up in place of a search through a list that may hold
/// tens of thousands. Made anew when the models change.
struct ModelNames {
    /// In the order of the models' names.
    private(set) var aliased: [String: [ModelState]] = [:]
    private(set) var tagged: [String: [ModelState]] = [:]

    init(_ models: [ModelState]) {
        for model in models {
            for alias in model.aliases { aliased[alias, default: []].append(model) }
            for tag in model.settings.tags { tagged[tag, default: []].append(model) }
        }
    }
}
