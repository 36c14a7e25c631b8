internal import Glibc
internal import UltraAPI
internal import UltraProviders
internal import UltraSystem

/// The settings and keys that providers are built from, collected from credentials, environment and configuration file.
struct ProviderSources {
    private let tables: [String: ProviderTable]
    private(set) var environment: Environment
    private let files: FileAccess
    /// The folder of the configuration file, to which relative paths of key files refer; ends in `/`, or is empty.
    private let folder: String
    private let credentials: Credentials
    /// The ids of built-in providers that may have an `http` endpoint on a public host.
    private(set) var plaintext: Set<String> = []

    init(_ tables: [String: ProviderTable], _ environment: Environment, _ files: FileAccess, file: String) {
        self.tables = tables
        self.environment = environment
        self.files = files
        folder = file.lastIndex(of: "/").map { String(file[...$0]) } ?? ""
        let builtIn = ProviderKind.all.flatMap(Self.credentialNames)
        let others = tables.filter { !Self.builtInIDs.contains($0.key) }.flatMap(Self.credentialNames)
        credentials = Credentials(environment["CREDENTIALS_DIRECTORY"], files, known: builtIn + others)
    }

    static let builtInIDs = ProviderKind.all.map(\.id) + [Mock.provider]

    /// Sets the variables of built-in providers: from credentials in any case, from the configuration file if they are
    /// unset.
    mutating func fill(_ problems: inout Problems) {
        for kind in ProviderKind.all {
            if let variable = kind.keyVariables.first,
                let (name, key) = credentials.first(Self.credentialNames(kind), &problems)
            {
                environment.override(variable, key, from: name, &problems)
            }
            guard let table = tables[kind.id] else { continue }
            let path = "providers.\(kind.id)"
            refuseForeign(table, path, &problems)
            if table.allowsPlaintext { plaintext.insert(kind.id) }
            if let endpoint = table.endpoint, endpoint != kind.defaultEndpoint,
                !kind.endpointVariables.contains(where: { environment[$0] != nil }),
                let variable = kind.endpointVariables.first
            {
                environment.fill(variable, endpoint, from: "\(path).endpoint", &problems)
            }
            if let limit = table.settings.concurrency {
                environment.fill(kind.concurrencyVariable, "\(limit)", from: "\(path).concurrency", &problems)
            }
            guard let file = table.keyFile else { continue }
            guard let variable = kind.keyVariables.first else {
                problems.refuse("\(path).key_file", "is not for \(kind.id), which needs no key")
                continue
            }
            if kind.keyVariables.contains(where: { environment[$0] != nil }) { continue }
            if let key = keyText(file, "\(path).key_file", &problems) {
                environment.fill(variable, key, from: "\(path).key_file", &problems)
            }
        }
        if let table = tables[Mock.provider] {
            refuseForeign(table, "providers.\(Mock.provider)", &problems)
            if table.endpoint != nil || table.keyFile != nil {
                problems.refuse("providers.\(Mock.provider)", "is built in and takes neither endpoint nor key")
            }
        }
    }

    private static func credentialNames(_ kind: ProviderKind) -> [String] {
        kind.keyVariables.map { $0.lowercased() }
    }

    private static func credentialNames(_ name: String, _ table: ProviderTable) -> [String] {
        [name.map { $0 == "-" ? "_" : "\($0)" }.joined() + "_api_key"]
            + (table.keyVariable.map { [$0.lowercased()] } ?? [])
    }

    /// The OpenAI-compatible servers: the tables that name no built-in provider.
    func servers(_ problems: inout Problems) -> [Provider.CompatibleServer] {
        tables.sorted { $0.key < $1.key }.compactMap { name, table in
            Self.builtInIDs.contains(name) ? nil : server(name, table, &problems)
        }
    }

    private func server(
        _ name: String, _ table: ProviderTable, _ problems: inout Problems
    ) -> Provider.CompatibleServer? {
        let path = "providers.\(TomlNode.key(name))"
        // Problems that `Provider` reports have the name without TOML's quotes.
        if let place = problems.places[path] { problems.note("providers.\(name)", at: place) }
        guard table.kind != nil else {
            let nearest = NearestNames.of(name, among: Self.builtInIDs).first
            problems.refuse(
                path,
                "is not a built-in provider; " + (nearest.map { "did you mean \($0)? " } ?? "")
                    + "another server needs kind = \"openai-compatible\"")
            return nil
        }
        guard let endpoint = table.endpoint else {
            problems.refuse(path, "needs an endpoint, such as \"https://api.example.com/v1\"")
            return nil
        }
        guard let keys = keys(name, table, path, &problems) else { return nil }
        return Provider.CompatibleServer(
            name: name, endpoint: endpoint, keys: keys, allowsPlaintext: table.allowsPlaintext,
            concurrencyLimit: table.settings.concurrency, api: table.settings.api ?? .chat)
    }

    /// The keys of an OpenAI-compatible server.
    /// - Returns: empty: none is configured; nil: a problem was added.
    private func keys(
        _ name: String, _ table: ProviderTable, _ path: String, _ problems: inout Problems
    ) -> [Secret]? {
        let variable = table.keyVariable
        let source: String
        let text: String
        if let (name, key) = credentials.first(Self.credentialNames(name, table), &problems) {
            (source, text) = (name, key)
        } else if let variable, let value = environment[variable] {
            (source, text) = (variable, value)
        } else if let file = table.keyFile {
            guard let key = keyText(file, "\(path).key_file", &problems) else { return nil }
            (source, text) = ("\(path).key_file", key)
        } else if let variable {
            // A text with lower-case letters may be a key that was entered in place of a name, so it is not shown.
            let name = variable.contains(where: \.isLowercase) ? "a variable" : "\(variable),"
            problems.refuse("\(path).key_variable", "names \(name) which is not set, and there is no key_file")
            return nil
        } else {
            return []
        }
        guard let keys = Secret.keys(in: text), !keys.isEmpty else {
            problems.refuse(source, "holds no key, or one with a space or a character that is not ASCII")
            return nil
        }
        return keys
    }

    private func keyText(_ file: String, _ setting: String, _ problems: inout Problems) -> String? {
        let path = file.hasPrefix("/") ? file : folder + file
        do throws(SystemError) {
            let contents = try files.read(path)
            guard contents.permissions & 0o066 == 0 else {
                problems.refuse(setting, "names \(path), which group or others can read: chmod 600 \(path)")
                return nil
            }
            let text = String(validating: contents.bytes, as: UTF8.self)
            guard let text, !text.allSatisfy(\.isWhitespace) else {
                problems.refuse(setting, "names \(path), which holds no key")
                return nil
            }
            return text
        } catch {
            problems.refuse(setting, "names \(path): \(String(cString: strerror(error.code)))")
            return nil
        }
    }

    private func refuseForeign(_ table: ProviderTable, _ path: String, _ problems: inout Problems) {
        if table.kind != nil {
            problems.refuse("\(path).kind", "is only for OpenAI-compatible servers: this provider is built in")
        }
        if table.keyVariable != nil {
            problems.refuse(
                "\(path).key_variable", "is only for OpenAI-compatible servers: this provider has a variable of its own"
            )
        }
    }
}
