package import UltraAPI

/// A configured provider.
package struct Provider: Sendable {
    /// The first part of `provider/model`.
    package let id: String
    package let displayName: String
    /// True if the provider runs on this machine or in its network: it gets longer timeouts.
    package let isLocal: Bool
    package let backend: Backend
    /// The maximum number of concurrent requests to the provider; nil uses the daemon's default.
    package let concurrencyLimit: Int?
    /// The environment variables that may hold the key, if it is missing; empty if no key is missing.
    package let missingKeyVariables: [String]

    /// The way in which requests reach the provider.
    package enum Backend: Sendable {
        /// One adapter per key, in the configured order; a provider without keys has one adapter. Empty if the required
        /// key is missing.
        case http(Endpoint, adapters: [any Adapter])
        /// A local program, started once per request.
        case command(DockerCommand)
        case mock(Mock)
    }

    /// A further server that implements OpenAI's API, from `[providers.NAME]` in the configuration.
    package struct CompatibleServer: Sendable, Equatable {
        package var name: String
        package var endpoint: String
        /// Empty if the server needs no key.
        package var keys: [Secret]
        /// True allows `http` to a public host.
        package var allowsPlaintext: Bool
        package var concurrencyLimit: Int?
        /// The OpenAI API used to call the server.
        package var api: OpenAIAdapter.API

        package init(
            name: String, endpoint: String, keys: [Secret] = [], allowsPlaintext: Bool = false,
            concurrencyLimit: Int? = nil, api: OpenAIAdapter.API = .chat
        ) {
            self.name = name
            self.endpoint = endpoint
            self.keys = keys
            self.allowsPlaintext = allowsPlaintext
            self.concurrencyLimit = concurrencyLimit
            self.api = api
        }
    }

    /// A configuration error. It never includes the setting's value, which may be a key.
    package struct Problem: Error, Sendable, Equatable, CustomStringConvertible {
        /// The name of the environment variable or configuration key.
        package var setting: String
        /// The predicate of a sentence whose subject is `setting`.
        package var reason: String

        package var description: String { "\(setting) \(reason)" }
    }
}

extension Provider.Backend {
    /// True if the host is not on the public internet.
    fileprivate var isNearby: Bool {
        if case .http(let endpoint, _) = self { Endpoint.isPrivate(endpoint.host) } else { true }
    }
}

// MARK: - From the environment

extension Provider {
    /// The providers configured by the environment and the configuration: built-in ones first, in the order of
    /// `ProviderKind.all`.
    ///
    /// A provider without its key is listed with `missingKeyVariables`, unless `AUTO_REGISTER_PROVIDERS` is false. All
    /// problems are reported, not only the first. A provider with a problem is left out.
    /// - Parameters:
    ///   - environment: the environment, to which the caller has added keys from the credential directory under their
    /// variables' names.
    ///   - allowsPlaintext: ids of the built-in providers that may use `http` to a public host.
    package static func configured(
        environment: [String: String], servers: [CompatibleServer] = [], allowsPlaintext: Set<String> = []
    ) -> (providers: [Provider], problems: [Problem]) {
        var settings = Settings(environment)
        var providers: [Provider] = []
        let listsKeyless = settings.flag("AUTO_REGISTER_PROVIDERS", default: true)
        for kind in ProviderKind.all {
            let allowed = allowsPlaintext.contains(kind.id)
            guard let provider = provider(kind, &settings, allowsPlaintext: allowed) else { continue }
            if provider.missingKeyVariables.isEmpty || listsKeyless { providers.append(provider) }
        }
        for server in servers {
            if let provider = provider(server, taken: providers, &settings) { providers.append(provider) }
        }
        if settings.flag("USE_MOCK", default: false) { providers.append(.mock) }
        return (providers, settings.problems)
    }

    /// The built-in provider without a network; see `Mock`.
    package static let mock = Provider(
        id: Mock.provider, displayName: "Mock", isLocal: true, backend: .mock(Mock()), concurrencyLimit: nil,
        missingKeyVariables: [])

    private static func provider(
        _ kind: ProviderKind, _ settings: inout Settings, allowsPlaintext: Bool
    ) -> Provider? {
        let found = settings.problems.count
        if let read = kind.backend {
            let limit = settings.number(kind.concurrencyVariable, in: 1...10_000)
            guard let backend = read(kind, &settings, allowsPlaintext), settings.problems.count == found else {
                return nil
            }
            return Provider(
                id: kind.id, displayName: kind.displayName, isLocal: kind.isLocal && backend.isNearby,
                backend: backend, concurrencyLimit: limit, missingKeyVariables: [])
        }
        let keys = settings.keys(kind.keyVariables)
        let organization = kind.organizationVariable.flatMap { settings.headerValue($0) }
        let endpoint = settings.endpoint(kind, allowsPlaintext: allowsPlaintext)
        let limit = settings.number(kind.concurrencyVariable, in: 1...10_000)
        guard let endpoint, settings.problems.count == found else { return nil }
        var values = AdapterSettings(provider: kind.id, endpoint: endpoint, organization: organization)
        let needsKey = !kind.keyVariables.isEmpty
        let adapters = (needsKey ? keys.map(Optional.some) : [nil]).map { key in
            values.key = key
            return kind.makeAdapter(values)
        }
        return Provider(
            id: kind.id, displayName: kind.displayName, isLocal: kind.isLocal,
            backend: .http(endpoint, adapters: adapters), concurrencyLimit: limit,
            missingKeyVariables: adapters.isEmpty ? kind.keyVariables : [])
    }

    private static func provider(
        _ server: CompatibleServer, taken: [Provider], _ settings: inout Settings
    ) -> Provider? {
        let setting = "providers.\(server.name)"
        let isName =
            !server.name.isEmpty
            && server.name.utf8.allSatisfy { byte in
                byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_") || (0x30...0x39).contains(byte)
                    || (0x61...0x7A).contains(byte)
            }
        guard isName else {
            settings.problems.append(Problem(setting: setting, reason: "must have a name of a-z, 0-9, - and _"))
            return nil
        }
        let builtIn = ProviderKind.all.map(\.id) + [Mock.provider]
        guard !builtIn.contains(server.name), !taken.contains(where: { $0.id == server.name }) else {
            settings.problems.append(Problem(setting: setting, reason: "has the name of another provider"))
            return nil
        }
        do throws(Endpoint.Flaw) {
            let host = try Endpoint(server.endpoint, versionPath: "", allowsPlaintext: true).host
            let dialect = Dialect.of(host)
            let endpoint = try Endpoint(
                server.endpoint, versionPath: dialect.versionPath, allowsPlaintext: server.allowsPlaintext)
            if endpoint.isDeployment {
                if server.api == .responses {
                    settings.problems.append(
                        Problem(
                            setting: "\(setting).api",
                            reason: "cannot be responses with a deployment: end the endpoint in /openai/v1"))
                    return nil
                }
                guard endpoint.query?.contains("api-version=") == true else {
                    settings.problems.append(
                        Problem(
                            setting: "\(setting).endpoint",
                            reason: "must end in ?api-version=VERSION, because it is an Azure deployment"))
                    return nil
                }
            }
            let keys: [Secret?] = server.keys.isEmpty ? [nil] : server.keys
            let adapters = keys.map { key in
                OpenAIAdapter(
                    provider: server.name, endpoint: endpoint, key: key, dialect: dialect, api: server.api)
            }
            return Provider(
                id: server.name, displayName: server.name, isLocal: Endpoint.isPrivate(host),
                backend: .http(endpoint, adapters: adapters), concurrencyLimit: server.concurrencyLimit,
                missingKeyVariables: [])
        } catch {
            settings.problems.append(Problem(setting: "\(setting).endpoint", reason: error.reason))
            return nil
        }
    }
}
