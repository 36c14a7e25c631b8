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

extension CatalogueReader {
    /// Reads the next field; nil if it is `-`.
    mutating func field() throws(Catalogue.Flaw) -> Substring? {
        let field = fields[next]
        next += 1
        guard let first = field.utf8.first, let last = field.utf8.last else { throw fieldFlaw("is empty: write -") }
        // Bytes up to 0x20 are blanks and control characters.
        guard first > 0x20, last > 0x20 else { throw fieldFlaw("begins or ends with a blank") }
        return field == "-" ? nil : field
    }

    /// Reads a provider's or a model's name: lower case, no blanks.
    mutating func name() throws(Catalogue.Flaw) -> String? {
        guard let field = try field() else { return nil }
        let isName = field.utf8.allSatisfy { byte in
            (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || "-._:/".utf8.contains(byte)
        }
        guard isName else { throw fieldFlaw("may hold a-z, 0-9 and -._:/") }
        return String(field)
    }

    mutating func kind() throws(Catalogue.Flaw) -> DiscoveredModel.Kind {
        guard let kind = try field().flatMap({ DiscoveredModel.Kind(rawValue: String($0)) }) else {
            throw fieldFlaw("must be chat, embeddings or other")
        }
        return kind
    }

    /// Reads a number of tokens.
    mutating func count() throws(Catalogue.Flaw) -> Int? {
        guard let field = try field() else { return nil }
        return try count(field)
    }

    /// Reads four fields of rates and one of tiers.
    mutating func price() throws(Catalogue.Flaw) -> Price? {
        let rates = try rates((0..<4).map { _ throws(Catalogue.Flaw) in try field() ?? "" })
        var tiers: [Price.Tier] = []
        for (bound, rates) in try ratesByKey() {
            let above = try count(bound)
            guard above > tiers.last?.above ?? 0 else { throw fieldFlaw("is not in ascending order") }
            tiers.append(Price.Tier(above: above, rates))
        }
        if let rates { return Price(rates, tiers: tiers) }
        guard tiers.isEmpty else { throw fieldFlaw("are tiers of an unknown price") }
        return nil
    }

    mutating func changes() throws(Catalogue.Flaw) -> [CatalogueEntry.Change] {
        var changes: [CatalogueEntry.Change] = []
        for (day, rates) in try ratesByKey() {
            guard Self.isDay(day) else { throw fieldFlaw("has no date such as 2026-12-31") }
            guard String(day) > changes.last?.day ?? "" else { throw fieldFlaw("is not in ascending order") }
            changes.append(CatalogueEntry.Change(day: String(day), rates: rates))
        }
        return changes
    }

    mutating func capabilities(of kind: DiscoveredModel.Kind) throws(Catalogue.Flaw) -> Set<Capability> {
        var capabilities: Set<Capability> = []
        for word in try field()?.pieces(between: ",") ?? [] {
            guard let capability = Capability(rawValue: String(word)) else {
                throw fieldFlaw("has no capability \(word)")
            }
            guard capabilities.insert(capability).inserted else { throw fieldFlaw("has \(word) twice") }
        }
        guard capabilities.isSuperset(of: kind.minimumCapabilities.subtracting([.streaming])) else {
            throw fieldFlaw("does not say \(kind.rawValue)")
        }
        return capabilities
    }

    /// Reads `yes`, or the first day of the deprecation.
    mutating func deprecation() throws(Catalogue.Flaw) -> (isDeprecated: Bool, since: String?) {
        guard let field = try field() else { return (false, nil) }
        if field == "yes" { return (true, nil) }
        guard Self.isDay(field) else { throw fieldFlaw("is neither yes nor a date such as 2026-12-31") }
        return (true, String(field))
    }

    mutating func retirement() throws(Catalogue.Flaw) -> String? {
        guard let field = try field() else { return nil }
        guard Self.isDay(field) || Self.isMonth(field) else {
            throw fieldFlaw("is not a date such as 2026-12-31 or 2026-12")
        }
        return String(field)
    }

    /// Reads the sources and returns the newest month among them.
    mutating func sources() throws(Catalogue.Flaw) -> String? {
        guard let field = try field() else { throw fieldFlaw("names no source") }
        var newest: String?
        for source in field.pieces(between: ",") {
            let word = source.prefix { $0 != ":" }
            guard ["page", "card", "docs", "list"].contains(word) else { throw fieldFlaw("has no source \(word)") }
            guard word != source else { continue }
            let month = source.dropFirst(word.count + 1)
            guard Self.isMonth(month) else { throw fieldFlaw("has no month such as 2026-12") }
            newest = max(newest ?? "", String(month))
        }
        return newest
    }
}

// MARK: - Parts of a field

extension CatalogueReader {
    /// An error about the field read last.
    private func fieldFlaw(_ reason: String) -> Catalogue.Flaw {
        flaw("\(Self.columns[next - 1]) \"\(fields[next - 1])\" \(reason)")
    }

    private func count(_ text: Substring) throws(Catalogue.Flaw) -> Int {
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let count = Int(text), count > 0 else {
            throw fieldFlaw("is not a number of tokens")
        }
        return count
    }

    /// Reads a list of `KEY:INPUT/CACHED/WRITE/OUTPUT`, separated by commas.
    private mutating func ratesByKey() throws(Catalogue.Flaw) -> [(key: Substring, rates: Price.Rates)] {
        var found: [(key: Substring, rates: Price.Rates)] = []
        for item in try field()?.pieces(between: ",") ?? [] {
            let key = item.prefix { $0 != ":" }
            let parts = item.dropFirst(key.count + 1).pieces(between: "/")
            guard parts.count == 4, let rates = try rates(parts) else { throw fieldFlaw("needs four prices") }
            found.append((key, rates))
        }
        return found
    }

    /// - Parameter parts: input, cached input, cache write and output; an empty part is an unknown rate.
    private func rates(_ parts: [Substring]) throws(Catalogue.Flaw) -> Price.Rates? {
        var rates: [Double?] = []
        for part in parts { rates.append(part.isEmpty ? nil : try rate(part)) }
        guard let input = rates[0], let output = rates[3] else {
            guard rates.allSatisfy({ $0 == nil }) else { throw fieldFlaw("needs prices of input and output before it") }
            return nil
        }
        return Price.Rates(input: input, cachedInput: rates[1], cacheWrite: rates[2], output: output)
    }

    /// Parses USD per million tokens, with at most six decimals.
    private func rate(_ text: Substring) throws(Catalogue.Flaw) -> Double {
        let parts = text.pieces(between: ".")
        let areDigits = parts.allSatisfy { part in
            !part.isEmpty && part.utf8.allSatisfy { (0x30...0x39).contains($0) }
        }
        guard areDigits, parts.count == 1 || parts.count == 2 && parts[1].utf8.count <= 6, let rate = Double(text),
            rate <= 10_000
        else {
            throw fieldFlaw("has no price such as 0.25: \(text)")
        }
        return rate
    }

    /// True for `YYYY-MM-DD`.
    static func isDay(_ text: Substring) -> Bool {
        let parts = text.pieces(between: "-")
        return parts.count == 3 && isMonth(text.dropLast(3)) && isNumber(parts[2], 1...31)
    }

    /// True for `YYYY-MM`.
    static func isMonth(_ text: Substring) -> Bool {
        let parts = text.pieces(between: "-")
        return parts.count == 2 && parts[0].hasPrefix("20") && isNumber(parts[0].dropFirst(2), 0...99)
            && isNumber(parts[1], 1...12)
    }

    /// True for two digits whose value is in `range`.
    private static func isNumber(_ text: Substring, _ range: ClosedRange<Int>) -> Bool {
        text.utf8.count == 2 && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
            && Int(text).map(range.contains) ?? false
    }
}

extension Substring {
    /// Splits at a separator and keeps empty parts. It compares bytes, because comparing characters makes reading the
    /// catalogue several times slower.
    func pieces(between separator: Unicode.Scalar) -> [Substring] {
        utf8.split(separator: UInt8(ascii: separator), omittingEmptySubsequences: false).map { Substring($0) }
    }
}
