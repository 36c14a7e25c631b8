internal import UltraAPI
internal import UltraProviders
internal import UltraSystem

/// The models of a provider: listed ones, configured ones, and ones that requests have named.
extension ProviderState {
    /// A model is removed when this many lists, after the first one without it, lack it too.
    static let forgottenAfterAbsences = 2
    static let unlistedLimit = 64
    /// The number of models kept per provider. The largest known router lists about 20,000.
    static let modelLimit = 32_768

    func model(_ name: String) -> ModelState? { byName[name] }

    /// The price of a request to `model`: the configured one, else that of the model that answered, else the model's.
    /// - Parameter answered: the name in the reply; nil: the reply names no model.
    /// - Returns: nil: no price is known.
    func price(of model: ModelState?, answeredAs answered: String?) -> Price? {
        let own = model?.facts.price?.value
        guard let model, let answered, answered != model.name, model.settings.price == nil else { return own }
        // A provider usually answers with the same snapshot, so the last look-up is cached.
        if model.answeredAs?.name != answered {
            let isSame = Catalogue.isSameModel(answered, model.name)
            model.answeredAs = (answered, isSame ? nil : priceOfOther(answered))
        }
        return model.answeredAs?.price ?? own
    }

    private func priceOfOther(_ name: String) -> Price? {
        byName[name]?.facts.price?.value
            ?? catalogue?.entry(provider: id, model: name)?.price(
                on: Timestamp(seconds: RealTime.now / 1000).date)
    }

    /// The model `name`, created as an unlisted one if necessary: lists may be incomplete, so the provider decides.
    func anyModel(_ name: String) -> ModelState {
        if let model = byName[name] ?? unlisted.first(where: { $0.name == name }) { return model }
        let model = make(name, discovered: nil, now: WallClock.now)
        if unlisted.count == Self.unlistedLimit { unlisted.removeFirst() }
        unlisted.append(model)
        return model
    }

    /// Removes an unlisted model, after the provider reported that it does not exist.
    func forget(_ model: ModelState) {
        unlisted.removeAll { $0 === model }
    }

    /// Adds an unlisted model to `models`, after it has answered.
    func keep(_ model: ModelState) {
        guard byName[model.name] == nil else { return }
        forget(model)
        byName[model.name] = model
        models.insert(model, at: place(of: model.name))
        names = nil
    }

    /// True if the provider's list lacks `model` under its name and its aliases, and the model has not answered.
    func lacks(_ model: ModelState) -> Bool {
        if model.health.listed.holds == true || !hasList || !isUpstream { return false }
        return model.health.isMissing || model.health.generated.holds != true && aliased(model.name).isEmpty
    }

    func aliased(_ name: String) -> [ModelState] { indexed.aliased[name] ?? [] }

    /// The models with `tag`; all models, if the provider itself has the tag.
    func tagged(_ tag: String) -> [ModelState] {
        settings.tags.contains(tag) ? models : indexed.tagged[tag] ?? []
    }

    /// Every tag of the provider or of one of its models.
    var tags: [String] { settings.tags + indexed.tagged.keys }

    private var indexed: ModelNames {
        if let names { return names }
        let made = ModelNames(models)
        names = made
        return made
    }

    // MARK: - Lists

    /// Merges a complete list in one step. Long lists are merged in pieces, with `merge` and `finish`.
    func list(_ listed: [DiscoveredModel], at now: Int) {
        var merge = ListMerge()
        self.merge(listed[...], into: &merge, at: now)
        finish(merge, at: now)
    }

    /// The state of a merge between the pieces of a list.
    struct ListMerge {
        fileprivate var seen: Set<String> = []
        fileprivate var hasNew = false
        fileprivate var unkept = 0
    }

    /// Merges one piece of the provider's list.
    func merge(_ listed: ArraySlice<DiscoveredModel>, into merge: inout ListMerge, at now: Int) {
        for model in listed where merge.seen.insert(model.id).inserted {
            if let known = byName[model.id] {
                known.found(model, at: now)
            } else if models.count < Self.modelLimit {
                add(model.id, discovered: model, now: now).found(model, at: now)
                merge.hasNew = true
            } else {
                merge.unkept += 1
            }
        }
    }

    /// Ends the merge: models that this list and an earlier one lack are marked as missing.
    /// - Returns: true if this list is the first that lacks some model, so that another list should be read soon.
    @discardableResult
    func finish(_ merge: ListMerge, at now: Int) -> Bool {
        hasList = true
        unkeptModels = merge.unkept
        var isInDoubt = false
        var forgotten = false
        for model in models where !merge.seen.contains(model.name) {
            // An unlisted model that answered is an alias or a dated name of a listed one.
            if model.discovered == nil, model.health.generated.holds == true { continue }
            if !model.missing(at: now) { isInDoubt = true }
            guard model.absences >= Self.forgottenAfterAbsences, registry.configuration.models[model.id] == nil
            else { continue }
            byName[model.name] = nil
            forgotten = true
        }
        if forgotten { models.removeAll { byName[$0.name] == nil } }
        if merge.hasNew { sortModels() }
        names = nil
        return isInDoubt
    }

    /// Records the details of a model that its list leaves out.
    func detail(_ model: DiscoveredModel) {
        byName[model.id]?.detailed(model, at: WallClock.now)
        names = nil
    }

    /// Adds the catalogue's models, for a provider without a list.
    func listFromCatalogue(at now: Int) {
        for entry in catalogue?.entries ?? [] where entry.aliasOf == nil {
            let model = byName[entry.model] ?? add(entry.model, discovered: nil, now: now)
            // A list of an earlier run may have marked it; no further list will correct that.
            if model.health.isMissing { model.health.listed = Evidence() }
        }
        sortModels()
    }

    /// Adds models with the state that an earlier run saved; `discovered` is nil for a model that was not listed.
    func restore(_ kept: some Sequence<(name: String, discovered: DiscoveredModel?, health: ModelHealth)>, at now: Int)
    {
        for (name, discovered, health) in kept {
            if byName[name] == nil, models.count >= Self.modelLimit { continue }
            let model = byName[name] ?? add(name, discovered: discovered, now: now)
            if let discovered {
                model.found(discovered, at: now)
                hasList = true
            }
            model.health = health
        }
        sortModels()
    }

    // MARK: - Creation

    /// Appends a model. The caller must call `sortModels` afterwards. A model that was requested before its list arrived
    /// keeps its object, which requests and probes under way hold.
    @discardableResult
    func add(_ name: String, discovered: DiscoveredModel?, now: Int) -> ModelState {
        let model: ModelState
        if let known = unlisted.first(where: { $0.name == name }) {
            forget(known)
            if let discovered { known.detailed(discovered, at: now) }
            model = known
        } else {
            model = make(name, discovered: discovered, now: now)
        }
        byName[name] = model
        models.append(model)
        return model
    }

    func sortModels() {
        models.sort { $0.name < $1.name }
        names = nil
    }

    private func place(of name: String) -> Int {
        var (low, high) = (0, models.count)
        while low < high {
            let middle = (low + high) / 2
            if models[middle].name < name { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private func make(_ name: String, discovered: DiscoveredModel?, now: Int) -> ModelState {
        ModelState(
            provider: id, name: name, discovered: discovered,
            settings: registry.configuration.models["\(id)/\(name)"] ?? ModelSettings(),
            catalogue: catalogue?.entry(provider: id, model: name), now: now)
    }

    // MARK: - Reload

    /// Applies the model names and settings of a reloaded configuration.
    func adoptModels(at now: Int) {
        for model in models + unlisted {
            model.adopt(registry.configuration.models[model.id] ?? ModelSettings(), at: now)
        }
        let dropped = models.filter(isKnownByConfigurationAlone)
        for model in dropped { byName[model.name] = nil }
        if !dropped.isEmpty { models.removeAll { byName[$0.name] == nil } }
        addConfigured(at: now)
    }

    func addConfigured(at now: Int) {
        for name in registry.configuration.models.keys {
            guard let model = name.afterSlash(of: id), byName[model] == nil else { continue }
            add(model, discovered: nil, now: now)
        }
        sortModels()
    }

    /// Inherits the models of `old`, a provider with the same host and other keys.
    func succeedModels(of old: ProviderState, keys origins: [Int?], at now: Int) {
        hasList = old.hasList
        let known = old.models.filter { !isKnownByConfigurationAlone($0) }
        restore(known.lazy.map { ($0.name, $0.discovered, $0.health) }, at: now)
        for old in known {
            guard let model = byName[old.name] else { continue }
            model.health.moveKeys(origins)
            (model.reported, model.reportedSince) = (old.reported, old.reportedSince)
        }
    }

    /// True if only an earlier configuration named the model.
    private func isKnownByConfigurationAlone(_ model: ModelState) -> Bool {
        registry.configuration.models[model.id] == nil && model.discovered == nil && model.catalogue == nil
            && model.health.generated.holds != true
    }
}
