/// The check that the names of providers, models, routes and aliases in a configuration are consistent.
struct NameCheck {
    private let file: ConfigurationFile
    private let providers: [String]
    private let aliases: [String]

    /// - Parameter servers: the names of the OpenAI-compatible servers.
    init(file: ConfigurationFile, servers: [String]) {
        self.file = file
        // Includes tables that were refused, so that their names cause no further problems.
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
                    problems.refuse(setting, "is \(model), which is a route: a route lists models")
                } else {
                    checkModel(model, setting, &problems)
                }
            }
        }
        var owners: [String: String] = [:]
        for (name, model) in file.models.sorted(by: { $0.key < $1.key }) {
            let path = "models.\(TomlNode.key(name))"
            if provider(of: name) == nil {
                problems.refuse(path, "is not the name of a model: write [models.\"provider/model\"]")
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

    /// Checks the default model. A name with an unknown provider may be a model of Docker Model Runner, for example
    /// `ai/smollm2`, so it is a problem only if it resembles a known provider.
    func checkDefault(_ name: String, _ setting: String, _ problems: inout Problems) {
        guard !name.isEmpty, !name.contains(where: \.isWhitespace) else {
            return problems.refuse(setting, "must be the name of a model, without spaces")
        }
        guard let provider = provider(of: name), !providers.contains(provider), !aliases.contains(name) else { return }
        guard let nearest = NearestNames.of(provider, among: providers).first else { return }
        problems.refuse(setting, "names the provider \(provider), which does not exist; did you mean \(nearest)?")
    }

    /// Checks the name of a model: its provider must exist. A name without a provider may be listed later.
    private func checkModel(_ name: String, _ setting: String, _ problems: inout Problems) {
        guard let provider = provider(of: name), !aliases.contains(name) else { return }
        if provider.count + 1 == name.count { return problems.refuse(setting, "names no model after \(name)") }
        guard !providers.contains(provider) else { return }
        let nearest = NearestNames.of(provider, among: providers).first.map { "; did you mean \($0)?" } ?? ""
        problems.refuse(setting, "names the provider \(provider), which does not exist\(nearest)")
    }

    /// Checks the name of a route or an alias, which must not hide a model.
    private func checkFree(_ name: String, _ setting: String, _ problems: inout Problems) {
        if name.isEmpty || name.contains(where: \.isWhitespace) {
            problems.refuse(setting, "must be a name without spaces")
        } else if let provider = provider(of: name), providers.contains(provider) {
            problems.refuse(setting, "is \(name), which would hide a model of \(provider)")
        }
    }

    private func provider(of name: String) -> String? {
        name.firstIndex(of: "/").map { String(name[..<$0]) }
    }
}
