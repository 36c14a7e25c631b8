/// Reads the catalogue's text: comments, a line of column names, then one model per line. Anything else is an error.
struct CatalogueReader {
    static let columns = [
        "provider", "model", "alias_of", "kind", "context_window", "max_output_tokens", "input", "cached_input",
        "cache_write", "output", "tiers", "changes", "capabilities", "deprecated", "retires", "sources", "note",
    ]

    let line: Int
    let fields: [Substring]
    /// The index of the next field to read.
    var next = 0

    /// - Parameter provider: read only this provider's lines, and skip others without checking them; nil reads all.
    static func entries(of text: [UInt8], provider: String?) throws(Catalogue.Flaw) -> [CatalogueEntry] {
        guard let text = String(validating: text, as: UTF8.self) else {
            throw Catalogue.Flaw(line: 1, reason: "the text is not UTF-8")
        }
        var entries: [CatalogueEntry] = []
        var lines: [String: Int] = [:]
        var isPastHeader = false
        var line = 0
        for content in text[...].pieces(between: "\n") {
            // The empty string after the last newline is not a line.
            if content.isEmpty, content.endIndex == text.endIndex { break }
            line += 1
            if content.utf8.first == UInt8(ascii: "#") { continue }
            if isPastHeader, let provider, !content.hasPrefix("\(provider)\t") { continue }
            var reader = try CatalogueReader(line, content)
            guard isPastHeader else {
                guard reader.fields.elementsEqual(columns, by: ==) else {
                    throw reader.flaw("the columns must be \(columns.joined(separator: ", "))")
                }
                isPastHeader = true
                continue
            }
            let entry = try reader.entry()
            let name = "\(entry.provider)/\(entry.model)"
            if let other = lines.updateValue(line, forKey: name) {
                throw reader.flaw("\(name) is in line \(other) too")
            }
            entries.append(entry)
        }
        guard isPastHeader else { throw Catalogue.Flaw(line: line, reason: "the columns are not named") }
        return entries
    }

    private init(_ line: Int, _ content: Substring) throws(Catalogue.Flaw) {
        self.line = line
        fields = content.pieces(between: "\t")
        guard fields.count == Self.columns.count else {
            throw flaw("\(fields.count) fields instead of \(Self.columns.count)")
        }
    }

    func flaw(_ reason: String) -> Catalogue.Flaw { Catalogue.Flaw(line: line, reason: reason) }

    private mutating func entry() throws(Catalogue.Flaw) -> CatalogueEntry {
        guard let provider = try name(), let model = try name() else {
            throw flaw("a model needs a provider and a name")
        }
        let aliasOf = try name()
        let kind = try kind()
        let contextWindow = try count()
        let maxOutputTokens = try count()
        let price = try price()
        let changes = try changes()
        guard price != nil || changes.isEmpty else { throw flaw("changes of an unknown price") }
        let capabilities = try capabilities(of: kind)
        let (isDeprecated, deprecatedOn) = try deprecation()
        let retiresOn = try retirement()
        let takenIn = try sources()
        // The note is for readers of the file.
        _ = try field()
        return CatalogueEntry(
            provider: provider, model: model, aliasOf: aliasOf, kind: kind, contextWindow: contextWindow,
            maxOutputTokens: maxOutputTokens, price: price, changes: changes,
            capabilities: capabilities, isDeprecated: isDeprecated, deprecatedOn: deprecatedOn, retiresOn: retiresOn,
            takenIn: takenIn)
    }
}
