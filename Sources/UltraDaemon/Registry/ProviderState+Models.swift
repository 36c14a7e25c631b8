internal import UltraProviders
internal import UltraSystem

/// The models of a provider: those it lists, those the configuration names, and those that were asked for.
extension ProviderState {
    /// Lists in a row, after the one that lacked it first, after which a model is forgotten.
    static let forgottenAfterAbsences = 2
    static let unlistedLimit = 64
    /// Models kept of one provider. The largest router has some 20,000.
    static let modelLimit = 32_768

    func model(_ name: String) -> ModelState? { byName[name] }

    /// The price of `model`, or of the model that answered where that is another one whose price is known. What the
    /// configuration says of `model` holds in any case.
    /// - Parameter answered: as the reply names it; nil: it does not.
    func price(of model: ModelState?, answeredAs answered: String?) -> Price? {
        let own = model?.facts.price?.value
        guard let model, let answered, answered != model.name, model.settings.price == nil else { return own }
        // Providers name the same snapshot each time: it is looked up once.
        if model.answeredAs?.name != answered {
            let isSame = Catalogue.isSameModel(answered, model.name)
            model.answeredAs = (answered, isSame ? nil : priceOfOther(answered))
        }
        return model.answeredAs?.price ?? own
    }

    private func priceOfOther(_ name: String) -> Price? {
        byName[name]?.facts.price?.value
            ?? catalogue?.entry(provider: id, model: name)?.price(
                on: String(RFC3339.string(RealTime.now / 1000).prefix(10)))
    }

    /// The model called `name`, whether it is listed or not: the provider knows best.
    func anyModel(_ name: String) -> ModelState {
        if let model = byName[name] ?? unlisted.first(where: { $0.name == name }) { return model }
        let model = make(name, discovered: nil, now: WallClock.now)
        if unlisted.count == Self.unlistedLimit { unlisted.removeFirst() }
        unlisted.append(model)
        return model
    }

    /// The provider has no such model: the next request asks it again, unless it lists the model.
    func forget(_ model: ModelState) {
        unlisted.removeAll { $0 === model }
    }

    /// Keeps a model that was not listed and has answered all the same.
    func keep(_ model: ModelState) {
        guard byName[model.name] == nil else { return }
        forget(model)
        byName[model.name] = model
        models.insert(model, at: place(of: model.name))
        names = nil
    }

    /// The provider has a list that lacks `model`, by its name and by its aliases, and it has not answered without.
    func lacks(_ model: ModelState) -> Bool {
        if model.health.listed.holds == true || !hasList || !isUpstream { return false }
        return model.health.isMissing || model.health.generated.holds != true && aliased(model.name).isEmpty
    }

    func aliased(_ name: String) -> [ModelState] { indexed.aliased[name] ?? [] }

    /// Those with the tag; all of them, if the provider has it.
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

    /// Takes in the whole list that the provider gives.
    func list(_ listed: [DiscoveredModel], at now: Int) {
        var merge = ListMerge()
        self.merge(listed[...], into: &merge, at: now)
        finish(merge, at: now)
    }

    /// What a list that is taken in piece by piece has brought so far.
    struct ListMerge {
        fileprivate var seen: Set<String> = []
        fileprivate var hasNew = false
        fileprivate var unkept = 0
    }

    /// Takes in a piece of the provider's list.
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

    /// The list has ended: what it lacks is marked once a second list lacks it too.
    /// - Returns: a model is missing from this list alone so far, so that a second look is wanted.
    @discardableResult
    func finish(_ merge: ListMerge, at now: Int) -> Bool {
        hasList = true
        unkeptModels = merge.unkept
        var isInDoubt = false
        var forgotten = false
        for model in models where !merge.seen.contains(model.name) {
            // What an alias of a listed model, or a dated name of it, stands for is not missing.
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

    /// What the list does not say of `model` is known now.
    func detail(_ model: DiscoveredModel) {
        byName[model.id]?.detailed(model, at: WallClock.now)
        names = nil
    }

    /// Takes the catalogue's models, where the provider has no list.
    func listFromCatalogue(at now: Int) {
        for entry in catalogue?.entries ?? [] where entry.aliasOf == nil {
            let model = byName[entry.model] ?? add(entry.model, discovered: nil, now: now)
            // There is no list that could take back what an earlier one said.
            if model.health.isMissing { model.health.listed = Evidence() }
        }
        sortModels()
    }

    /// Takes models as an earlier run of the daemon knew them; `discovered` is nil for one that was not listed.
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

    // MARK: - Making

    /// Adds a model at the end: `sortModels` must follow. One that was asked for before stays the same object, which
    /// requests and probes that are under way hold.
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

    // MARK: - Another configuration

    /// Takes the names and settings that the registry's configuration now has for models.
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

    /// Takes over the models of `old`: the same host, asked with other keys.
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

    /// The configuration named it once and does not any more, and nobody else ever did.
    private func isKnownByConfigurationAlone(_ model: ModelState) -> Bool {
        registry.configuration.models[model.id] == nil && model.discovered == nil && model.catalogue == nil
            && model.health.generated.holds != true
    }
}
