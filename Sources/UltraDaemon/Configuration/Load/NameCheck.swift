/// Whether the names in a configuration fit together.
struct NameCheck {
    private let file: ConfigurationFile
    private let providers: [String]
    private let aliases: [String]

    /// - Parameter servers: the names of `[providers.NAME]` that are not built in.
    init(file: ConfigurationFile, servers: [String]) {
        self.file = file
        // A table that was refused is a name all the same: one problem is enough.
        providers = ProviderSources.builtInIDs + servers + file.providers.keys
        aliases = file.models.sorted { $0.key < $1.key }.flatMap(\.value.aliases)
    }

    func run(_ problems: inout Problems) {
        for (index, name) in file.routing.fallback.enumerated() {
            checkModel(name, "routing.fallback[\(index)]", &problems)
        }
        for (name, route) in file.routing.routes.sorted(by: { $0.key < $1.key }) {
            let path = "routes.\(TomlNode.key(name))"
            checkFree(name, path, &problems)
            if aliases.contains(name) { problems.refuse(path, "has the name of an alias") }
            for (index, model) in route.models.enumerated() {
                let setting = "\(path).models[\(index)]"
                if file.routing.routes[model] != nil {
                    problems.refuse(setting, "is \(model), a route: name models")
                } else {
                    checkModel(model, setting, &problems)
                }
            }
        }
        var owners: [String: String] = [:]
        for (name, model) in file.models.sorted(by: { $0.key < $1.key }) {
            let path = "models.\(TomlNode.key(name))"
            if provider(of: name) == nil {
                problems.refuse(path, "is no model: write [models.\"provider/model\"]")
            } else {
                checkModel(name, path, &problems)
            }
            for (index, alias) in model.aliases.enumerated() {
                let setting = "\(path).aliases[\(index)]"
                checkFree(alias, setting, &problems)
                if let owner = owners[alias] {
                    problems.refuse(setting, "is \(alias), an alias of \(owner) already")
                }
                owners[alias] = name
            }
        }
    }

    /// A provider Ultra does not have is a model's own name with a slash, unless it looks misspelt: `ai/smollm2` is
    /// Docker's.
    func checkDefault(_ name: String, _ setting: String, _ problems: inout Problems) {
        guard !name.isEmpty, !name.contains(where: \.isWhitespace) else {
            return problems.refuse(setting, "must be a model's name, without blanks")
        }
        guard let provider = provider(of: name), !providers.contains(provider), !aliases.contains(name) else { return }
        guard let nearest = NearestNames.of(provider, among: providers).first else { return }
        problems.refuse(setting, "names the provider \(provider), which there is not; did you mean \(nearest)?")
    }

    /// Bare names may be discovered later; a provider may not.
    private func checkModel(_ name: String, _ setting: String, _ problems: inout Problems) {
        guard let provider = provider(of: name), !aliases.contains(name) else { return }
        if provider.count + 1 == name.count { return problems.refuse(setting, "names no model after \(name)") }
        guard !providers.contains(provider) else { return }
        let nearest = NearestNames.of(provider, among: providers).first.map { "; did you mean \($0)?" } ?? ""
        problems.refuse(setting, "names the provider \(provider), which there is not\(nearest)")
    }

    /// A name of one's own must not hide a model.
    private func checkFree(_ name: String, _ setting: String, _ problems: inout Problems) {
        if name.isEmpty || name.contains(where: \.isWhitespace) {
            problems.refuse(setting, "must be a name without blanks")
        } else if let provider = provider(of: name), providers.contains(provider) {
            problems.refuse(setting, "is \(name), which would hide a model of \(provider)")
        }
    }

    private func provider(of name: String) -> String? {
        name.firstIndex(of: "/").map { String(name[..<$0]) }
    }
}
