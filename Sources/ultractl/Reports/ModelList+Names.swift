import UltraAPI

extension ModelReport {
    /// True for a model of the built-in mock.
    var isMock: Bool { provider == "mock" }
}

extension ModelList {
    /// Finds the models that `name` means: the one with that id or alias, else all with that name at any provider.
    func named(_ name: String) -> [ModelReport] {
        if let exact = models.first(where: { $0.id == name }) ?? models.first(where: { $0.aliases.contains(name) }) {
            return [exact]
        }
        return models.filter { $0.name == name }
    }

    /// Finds the one model that `name` means.
    ///
    /// - Throws: `.notFound` if there is none or more than one.
    func only(_ name: String) throws(Failure) -> ModelReport {
        let found = named(name)
        guard let model = found.first else {
            throw .notFound("there is no model \(name)", hint: "see: ultractl models --all")
        }
        guard found.count == 1 else {
            let ids = found.map(\.id).joined(separator: ", ")
            throw .notFound("several providers have \(name)", hint: "name one of \(ids)")
        }
        return model
    }
}

extension RawJSON {
    /// The value as one line with its newline; line ends between its parts become spaces.
    var line: [UInt8] {
        bytes.map { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") ? UInt8(ascii: " ") : $0 }
            + [UInt8(ascii: "\n")]
    }
}
